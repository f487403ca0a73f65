//! Car-moving. What goes wrong on streets, numbered, and the test of each of the 38:
//!
//! 1 `oracle::an_unknown_plate_…` · 2 `oracle::a_plate_of_another_province_…`, `register::a_plate_of_another_province_…` ·
//! 3 `owner::not_my_car_…` · 4 `owner::a_sold_car_…` · 5 `owner::the_family_…` · 6 `owner::a_car_that_is_at_home_…` ·
//! 7 `channels::many_cars_…` · 8 `channels::who_wants_no_calls_…` · 9 `asking::nobody_asks_for_their_own_car` ·
//! 10 `asking::a_police_car_…` · 11 `channels::a_throttled_message_…` · 12 `channels::an_accepted_message_…`,
//! `channels::without_a_receipt_…` · 13 `channels::a_repeated_or_late_receipt_…` · 14 `channels::a_voicemail_…` ·
//! 15 `owner::the_last_key_…` · 16 `owner::an_answer_after_the_end_…` · 17 `owner::a_call_that_rings_while_…`,
//! `phones::others::a_gateway_says_the_end_text_…` · 18 `asking::two_people_…` · 19 `asking::two_cars_…` ·
//! 20 `abuse::the_same_car_again_…` · 21 `abuse::the_same_pair_…` · 22 `abuse::many_people_of_one_network_…` ·
//! 23 `channels::without_a_sure_place_…` · 24 `abuse::a_place_far_…` · 25 `desk::a_picture_is_seen_…`,
//! `pages::pictures_are_…`, `faces.rs` ·
//! 26 `channels::what_is_sent_stands_…`, `faults` with providers and crashes · 27 `abuse::a_day_ends_at_midnight` ·
//! 28 `channels::at_night_…` · 29 in part: `phones::others::a_number_between_two_…` · 30, 31 `oracle::nobody_learns_…` ·
//! 32 `pages::a_corrected_plate_…` · 33 `pages::a_plate_that_may_be_anothers_…`, `chat::a_plate_that_may_be_anothers_…` ·
//! 34 `owner::a_link_serves_once_…` · 35 `asking::a_foreign_phone_…` · 36 `asking::a_private_yard_…` ·
//! 37 `pages::an_electric_bicycle_…` · 38 `channels::short_messages_come_first`

mod abuse;
mod api;
mod asking;
mod channels;
mod chat;
mod desk;
mod faults;
mod locks;
mod notice;
mod oracle;
mod owner;
mod pages;
mod register;
mod renewal;
mod silence;
