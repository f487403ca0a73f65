use std::sync::Arc;

use super::*;
use crate::base::calendar::Calendar;
use crate::base::clock::from_shanghai;
use crate::cases::deadline::{Deadlines, Written};
use crate::cases::fold::{CallBack, Folded, Opened, begin};
use crate::cases::model::{Called, case_event};

const AUTHOR: Uuid = Uuid::from_u128(1);

fn at(text: &str) -> Instant {
    from_shanghai(chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap())
}

fn units() -> Units {
    toml::from_str(include_str!("../../../wechat-config/units.toml")).unwrap()
}

fn ends() -> Ends {
    let whole: toml::Table = toml::from_str(include_str!("../../../wechat-config/cases.toml")).unwrap();
    let written: Written = whole["deadlines"].clone().try_into().unwrap();
    Ends { calendar: Arc::new(Calendar::own()), deadlines: Arc::new(Deadlines::of(&written).unwrap()) }
}

/// A case as it was just filed.
fn filed(track: Track, kind: Kind) -> Folded {
    let opened = Opened {
        public_no: 16944,
        petition_no: None,
        query_hash: String::new(),
        track: track.word().to_string(),
        kind: kind.word().to_string(),
        category: "road".to_string(),
        accused_unit: (kind == Kind::Accusation).then(|| "police".to_string()),
        confidential: kind == Kind::Accusation,
        source: "wechat".to_string(),
        author: Some(AUTHOR),
        proxy: None,
        contact_text: None,
        original_text: Uuid::from_u128(2),
        place: String::new(),
        latitude: None,
        longitude: None,
    };
    let event = case_event::Model {
        id: Uuid::nil(),
        seq: None,
        case_id: Uuid::from_u128(3),
        version: 1,
        kind: "submit".to_string(),
        actor: String::new(),
        part: "citizen".to_string(),
        unit: String::new(),
        from_state: "draft".to_string(),
        to_state: "submitted".to_string(),
        reason: String::new(),
        change: String::new(),
        op: None,
        request_id: String::new(),
        at: at("2026-09-21 10:00"),
    };
    let mut case = Folded { file: begin(&event, &opened), clocks: Vec::new() };
    let change = Change { clocks: ends().opening(track, event.at), ..Change::default() };
    case.apply(&event, &change);
    case
}

fn actor(part: Part, unit: &str) -> Actor {
    let who = match part {
        Part::Citizen | Part::Proxy => format!("follower:{AUTHOR}"),
        _ => format!("staff:{}", part.word()),
    };
    Actor { who, name: String::new(), part, unit: unit.to_string() }
}

/// Everything that any act may need.
fn said() -> Command {
    Command {
        text: "按规定办理。".to_string(),
        unit: "jsj".to_string(),
        helpers: Vec::new(),
        reason: "not_ours".to_string(),
        target: Some(16945),
        scores: Some([5, 5]),
        days: Some(30),
        signed_by: "王敏".to_string(),
        public_title: "万松路路灯不亮".to_string(),
        public_body: "一个多月了。".to_string(),
        public_answer: String::new(),
        call: Some(CallBack { result: Called::Reached, office: Some(true), unit: Some(false) }),
        paper: Some(Uuid::from_u128(5)),
        category: "road".to_string(),
    }
}

fn tried(
    case: &Folded,
    actor: &Actor,
    act: Act,
    command: &Command,
    now: Instant,
) -> Result<Decision, Refusal> {
    let mut target = filed(case.file.track(), case.file.kind()).file;
    (target.id, target.public_no) = (Uuid::from_u128(9), 16945);
    let (units, ends) = (units(), ends());
    let seen = Seen {
        file: &case.file,
        clocks: &case.clocks,
        target: Some(&target),
        concerned: false,
        units: &units,
        ends: &ends,
        now,
    };
    decide(&seen, actor, act, command)
}

/// Does it, and the case goes on.
fn does(case: &mut Folded, part: Part, act: Act, command: &Command, now: &str) -> Decision {
    let unit = case.file.lead_unit.clone().unwrap_or_default();
    let actor = actor(part, if part.of_unit() { &unit } else { "" });
    let decision =
        tried(case, &actor, act, command, at(now)).unwrap_or_else(|why| panic!("{act:?}: {why:?}"));
    let event = case_event::Model {
        version: case.file.version + 1,
        kind: act.word().to_string(),
        actor: actor.who,
        to_state: decision.to.word().to_string(),
        at: at(now),
        case_id: case.file.id,
        id: Uuid::now_v7(),
        seq: None,
        part: part.word().to_string(),
        unit,
        from_state: case.file.state.clone(),
        reason: String::new(),
        change: String::new(),
        op: None,
        request_id: String::new(),
    };
    case.apply(&event, &decision.change);
    decision
}

fn due(case: &Folded, code: &str) -> String {
    let clock = case.clocks.iter().rfind(|clock| clock.code == code).unwrap();
    clock.due_on.to_string()
}

#[test]
fn every_act_from_every_state_by_every_part_is_allowed_by_the_table_or_clearly_refused() {
    let mut allowed = 0;
    for track in [Track::Inquiry, Track::Petition] {
        for state in State::ALL {
            for row in crate::cases::act::TABLE {
                for part in Part::ALL {
                    let mut case = filed(track, Kind::Complaint);
                    case.file.state = state.word().to_string();
                    case.file.lead_unit = Some("jsj".to_string());
                    let unit = if part.of_unit() { "jsj" } else { "" };
                    let outcome = tried(&case, &actor(part, unit), row.act, &said(), at("2026-09-21 11:00"));
                    let place = format!("{:?} of {track:?} in {state:?} by {part:?}", row.act);
                    match (row.allows(track, state, part), outcome) {
                        (true, Ok(decision)) => {
                            allowed += 1;
                            let expected = match row.to {
                                To::State(to) => to,
                                To::Same => state,
                                To::Back => State::Submitted,
                            };
                            assert_eq!(decision.to, expected, "{place}");
                        }
                        (true, Err(why)) => assert!(
                            matches!(
                                why,
                                Refusal::Late
                                    | Refusal::Early
                                    | Refusal::Missing("days")
                                    | Refusal::Confidential
                                    | Refusal::NotFound
                            ),
                            "{place}: {why:?}"
                        ),
                        (false, Ok(_)) => panic!("{place} went through"),
                        (false, Err(why)) => assert!(
                            matches!(why, Refusal::Forbidden | Refusal::State(_) | Refusal::NotFound),
                            "{place}: {why:?}"
                        ),
                    }
                }
            }
        }
    }
    assert!(allowed > 300, "{allowed}");
}

#[test]
fn an_inquiry_is_replied_to_in_one_and_answered_in_five_working_days() {
    let mut case = filed(Track::Inquiry, Kind::Help);
    assert_eq!(case.file.next_clock.as_deref(), Some("M1"));
    // The eve of the national holiday.
    does(&mut case, Part::Moderator, Act::Forward, &said(), "2026-09-28 16:00");
    assert_eq!([due(&case, "R1"), due(&case, "F1")], ["2026-09-29", "2026-10-10"]);
    does(&mut case, Part::Liaison, Act::FirstReply, &said(), "2026-09-29 09:00");
    assert_eq!(case.file.next_clock.as_deref(), Some("F1"));
    does(&mut case, Part::Liaison, Act::Answer, &said(), "2026-10-10 17:00");
    assert!(
        case.clocks
            .iter()
            .filter(|clock| ["R1", "F1"].contains(&clock.code.as_str()))
            .all(|c| c.met_at.is_some())
    );
    let rated = does(&mut case, Part::Citizen, Act::Rate, &said(), "2026-10-11 09:00");
    assert_eq!(rated.then, Some(Act::Close));
    does(&mut case, Part::System, Act::Close, &Command::default(), "2026-10-11 09:00");
    assert_eq!(case.file.state(), State::Closed);
    assert!(case.clocks.iter().all(|clock| !clock.running));
}

#[test]
fn a_clock_stops_while_the_citizen_is_asked_and_keeps_what_is_left() {
    let mut case = filed(Track::Inquiry, Kind::Help);
    does(&mut case, Part::Moderator, Act::Forward, &said(), "2026-09-21 10:00");
    assert_eq!(due(&case, "F1"), "2026-09-29");
    does(&mut case, Part::Moderator, Act::AskInfo, &said(), "2026-09-23 10:00");
    assert_eq!(case.file.state(), State::NeedInfo);
    assert!(case.clocks.iter().filter(|clock| clock.code != "N1").all(|clock| !clock.running));
    assert_eq!(case.file.next_due_at, None);
    does(&mut case, Part::Citizen, Act::GiveInfo, &said(), "2026-10-09 10:00");
    assert_eq!((case.file.state(), due(&case, "F1")), (State::Forwarded, "2026-10-13".to_string()));
}

#[test]
fn a_second_pause_counts_neither_the_first_nor_its_days_again() {
    let mut case = filed(Track::Inquiry, Kind::Help);
    does(&mut case, Part::Moderator, Act::Forward, &said(), "2026-09-21 10:00");
    does(&mut case, Part::Moderator, Act::AskInfo, &said(), "2026-09-21 11:00");
    does(&mut case, Part::Citizen, Act::GiveInfo, &said(), "2026-10-09 10:00");
    assert_eq!(due(&case, "F1"), "2026-10-15");
    // Two days more are gone, the make-up Saturday and the Monday; three are left.
    does(&mut case, Part::Moderator, Act::AskInfo, &said(), "2026-10-12 10:00");
    does(&mut case, Part::Citizen, Act::GiveInfo, &said(), "2026-10-19 10:00");
    assert_eq!(due(&case, "F1"), "2026-10-22");
}

#[test]
fn nobody_waits_for_an_answer_for_ever() {
    let mut case = filed(Track::Inquiry, Kind::Help);
    does(&mut case, Part::Moderator, Act::AskInfo, &said(), "2026-09-21 12:00");
    let lapse = |case: &Folded, now| {
        tried(case, &Actor::system(), Act::Lapse, &Command::default(), at(now)).map(|decision| decision.to)
    };
    // Fifteen days end in the holiday, and move on to the first working day.
    assert_eq!(lapse(&case, "2026-10-08 23:59"), Err(Refusal::Early));
    assert_eq!(lapse(&case, "2026-10-09 00:00"), Ok(State::ClosedNoAnswer));
}

#[test]
fn a_petition_is_decided_in_sixty_days_extended_once_and_reviewed() {
    let mut case = filed(Track::Petition, Kind::Complaint);
    does(&mut case, Part::Moderator, Act::Forward, &said(), "2026-07-31 10:00");
    assert_eq!(due(&case, "P1"), "2026-08-17");
    does(&mut case, Part::Liaison, Act::FirstReply, &said(), "2026-08-03 10:00");
    assert_eq!(due(&case, "P2"), "2026-10-08");
    does(&mut case, Part::Liaison, Act::AskExtension, &said(), "2026-09-30 10:00");
    does(&mut case, Part::Head, Act::GrantExtension, &said(), "2026-09-30 11:00");
    assert_eq!(due(&case, "P2"), "2026-11-02");
    let head = actor(Part::Liaison, "jsj");
    assert_eq!(
        tried(&case, &head, Act::AskExtension, &said(), at("2026-10-09 10:00")).unwrap_err(),
        Refusal::Once
    );
    does(&mut case, Part::Liaison, Act::Answer, &said(), "2026-10-20 10:00");
    does(&mut case, Part::Citizen, Act::Rate, &said(), "2026-10-21 10:00");
    does(&mut case, Part::System, Act::Close, &Command::default(), "2026-10-21 10:00");
    // The right to a review outlives the rating, for thirty days.
    let citizen = actor(Part::Citizen, "");
    assert_eq!(due(&case, "P4"), "2026-11-19");
    let late = tried(&case, &citizen, Act::AskReview, &said(), at("2026-11-20 00:00"));
    assert_eq!(late.unwrap_err(), Refusal::Late);
    does(&mut case, Part::Citizen, Act::AskReview, &said(), "2026-11-19 10:00");
    does(&mut case, Part::Supervision, Act::DecideReview, &said(), "2026-12-01 10:00");
    does(&mut case, Part::Citizen, Act::AskRecheck, &said(), "2026-12-10 10:00");
    does(&mut case, Part::Leader, Act::DecideRecheck, &said(), "2026-12-20 10:00");
    assert_eq!(case.file.state(), State::Final);
}

#[test]
fn the_accused_unit_and_all_below_it_neither_handle_nor_see_an_accusation() {
    let mut case = filed(Track::Petition, Kind::Accusation);
    let moderator = actor(Part::Moderator, "");
    for unit in ["police", "traffic"] {
        let command = Command { unit: unit.to_string(), ..said() };
        let outcome = tried(&case, &moderator, Act::Forward, &command, at("2026-09-21 11:00"));
        assert_eq!(outcome.unwrap_err(), Refusal::Accused, "{unit}");
    }
    // Even should it stand there by mistake.
    case.file.lead_unit = Some("traffic".to_string());
    case.file.state = State::Forwarded.word().to_string();
    let outcome =
        tried(&case, &actor(Part::Liaison, "traffic"), Act::FirstReply, &said(), at("2026-09-21 11:00"));
    assert_eq!(outcome.unwrap_err(), Refusal::NotFound);
}

#[test]
fn an_officer_who_is_named_in_a_case_may_not_act_on_it() {
    let case = filed(Track::Inquiry, Kind::Complaint);
    let (units, ends) = (units(), ends());
    let seen = Seen {
        file: &case.file,
        clocks: &case.clocks,
        target: None,
        concerned: true,
        units: &units,
        ends: &ends,
        now: at("2026-09-21 11:00"),
    };
    let outcome = decide(&seen, &actor(Part::Moderator, ""), Act::Forward, &said());
    assert_eq!(outcome.unwrap_err(), Refusal::Concerned);
}

#[test]
fn nobody_closes_against_a_bad_rating_what_they_answered() {
    let mut case = filed(Track::Inquiry, Kind::Help);
    does(&mut case, Part::Moderator, Act::Forward, &said(), "2026-09-21 10:00");
    does(&mut case, Part::Liaison, Act::FirstReply, &said(), "2026-09-21 11:00");
    does(&mut case, Part::Liaison, Act::Answer, &said(), "2026-09-21 12:00");
    let bad = Command { scores: Some([5, 1]), ..said() };
    assert_eq!(does(&mut case, Part::Citizen, Act::Rate, &bad, "2026-09-22 10:00").then, None);
    let close = |actor: &Actor| tried(&case, actor, Act::Close, &Command::default(), at("2026-12-01 10:00"));
    assert_eq!(close(&Actor::system()).unwrap_err(), Refusal::Early);
    let same = Actor { part: Part::Moderator, ..actor(Part::Liaison, "") };
    assert_eq!(close(&same).unwrap_err(), Refusal::Forbidden);
    // It is worked on once more, and only once.
    does(&mut case, Part::Supervision, Act::Rework, &said(), "2026-09-23 10:00");
    does(&mut case, Part::Liaison, Act::Answer, &said(), "2026-09-24 10:00");
    does(&mut case, Part::Citizen, Act::Rate, &bad, "2026-09-24 11:00");
    let again = tried(&case, &actor(Part::Supervision, ""), Act::Rework, &said(), at("2026-09-25 10:00"));
    assert_eq!(again.unwrap_err(), Refusal::Once);
}

#[test]
fn a_proxy_does_not_rate_for_somebody_who_has_a_phone() {
    let mut case = filed(Track::Inquiry, Kind::Help);
    case.file.proxy = Some(Uuid::from_u128(7));
    case.file.state = State::Answered.word().to_string();
    let proxy = Actor { who: format!("follower:{}", Uuid::from_u128(7)), ..actor(Part::Proxy, "") };
    let rate =
        |case: &Folded| tried(case, &proxy, Act::Rate, &said(), at("2026-09-22 10:00")).map(|it| it.to);
    assert_eq!(rate(&case), Err(Refusal::OwnRating));
    case.file.author = None;
    assert_eq!(rate(&case), Ok(State::Answered));
}

#[test]
fn text_of_four_thousand_characters_is_taken_and_one_more_is_not() {
    let case = filed(Track::Inquiry, Kind::Help);
    let add = |signs: usize| {
        let command = Command { text: "诉".repeat(signs), ..Command::default() };
        tried(&case, &actor(Part::Citizen, ""), Act::AddFacts, &command, at("2026-09-21 11:00"))
            .map(|it| it.to)
    };
    assert_eq!(add(TEXT), Ok(State::Submitted));
    assert_eq!(add(TEXT + 1), Err(Refusal::TooLong));
    assert_eq!(add(0), Err(Refusal::Missing("text")));
}

#[test]
fn confidential_cases_are_never_made_public_nor_merged_with_public_ones() {
    let accusation = filed(Track::Petition, Kind::Accusation);
    let moderator = actor(Part::Moderator, "");
    let publish = tried(&accusation, &moderator, Act::Publish, &said(), at("2026-09-21 11:00"));
    assert_eq!(publish.unwrap_err(), Refusal::Confidential);
    let mut inquiry = filed(Track::Inquiry, Kind::Help);
    inquiry.file.confidential = true;
    // The target of `tried` is public then.
    let merge = tried(&inquiry, &moderator, Act::Merge, &said(), at("2026-09-21 11:00"));
    assert_eq!(merge.unwrap_err(), Refusal::NoMerge);
}

#[test]
fn whoever_was_not_content_is_called_in_three_working_days_and_their_rating_stays() {
    let mut case = filed(Track::Inquiry, Kind::Help);
    does(&mut case, Part::Moderator, Act::Forward, &said(), "2026-09-28 10:00");
    does(&mut case, Part::Liaison, Act::FirstReply, &said(), "2026-09-28 11:00");
    does(&mut case, Part::Liaison, Act::Answer, &said(), "2026-09-28 12:00");
    let moderator = actor(Part::Moderator, "");
    let call = |case: &Folded, command: &Command| {
        tried(case, &moderator, Act::CallBack, command, at("2026-09-29 10:00")).map(|it| it.to)
    };
    assert_eq!(call(&case, &said()), Err(Refusal::Early), "nobody waits for a call yet");
    let bad = Command { scores: Some([5, 1]), ..said() };
    does(&mut case, Part::Citizen, Act::Rate, &bad, "2026-09-28 15:00");
    assert_eq!(due(&case, "C1"), "2026-10-08");
    let says = |result, content: Option<bool>| Command {
        call: Some(CallBack { result, office: content, unit: content }),
        ..said()
    };
    for half in
        [says(Called::Reached, None), says(Called::NotReached, Some(true)), Command { call: None, ..said() }]
    {
        assert_eq!(call(&case, &half), Err(Refusal::Missing("call")));
    }
    let gave_up = says(Called::GaveUp, None);
    assert_eq!(call(&case, &gave_up), Err(Refusal::Early));
    for tries in 1..=2 {
        does(&mut case, Part::Moderator, Act::CallBack, &says(Called::NotReached, None), "2026-09-29 10:00");
        assert_eq!(case.file.call_tries, tries);
    }
    assert_eq!(call(&case, &gave_up), Ok(State::Answered));
    does(&mut case, Part::Moderator, Act::CallBack, &said(), "2026-09-29 11:00");
    assert!(case.clocks.iter().any(|clock| clock.code == "C1" && clock.met_at.is_some()));
    assert_eq!((case.file.office_score, case.file.unit_score), (Some(5), Some(1)));
    assert_eq!(call(&case, &said()), Err(Refusal::Early), "once is enough");
    // What they said may be worked on once more.
    does(&mut case, Part::Moderator, Act::Rework, &said(), "2026-09-29 12:00");
    does(&mut case, Part::Liaison, Act::Answer, &said(), "2026-09-30 12:00");
    assert_eq!(case.file.call_tries, 0);
    does(&mut case, Part::Citizen, Act::Rate, &said(), "2026-09-30 13:00");
    does(&mut case, Part::System, Act::Close, &Command::default(), "2026-09-30 13:00");
    assert!(case.clocks.iter().all(|clock| !clock.running));
}

#[test]
fn silence_brings_a_call_for_key_cases_only_and_none_for_those_of_an_old_system() {
    for (hot, source, called) in [(true, "wechat", true), (false, "wechat", false), (true, "import", false)] {
        let mut case = filed(Track::Inquiry, Kind::Help);
        case.file.source = source.to_string();
        case.file.hot = hot;
        does(&mut case, Part::Moderator, Act::Forward, &said(), "2026-09-21 10:00");
        does(&mut case, Part::Liaison, Act::FirstReply, &said(), "2026-09-21 11:00");
        does(&mut case, Part::Liaison, Act::Answer, &said(), "2026-09-21 12:00");
        does(&mut case, Part::System, Act::Close, &Command::default(), "2026-10-09 00:00");
        let waits = case.clocks.iter().any(|clock| clock.code == "C1" && clock.running);
        assert_eq!(waits, called, "{hot} {source}");
    }
}
