//! Every row of the table of plates, and what messages show of one.

use super::*;
use crate::base::privacy::Keys;
use Class::*;

fn is(text: &str, verdict: Verdict, class: Class, normal: &str, why: Option<Why>) {
    let read = read(text);
    let plate = read.plate.clone().unwrap_or_else(|| panic!("{text}: {read:?}"));
    assert_eq!(
        (read.verdict, plate.class, plate.reveal(), read.why),
        (verdict, class, normal, why),
        "{text}"
    );
}

fn is_not(text: &str, verdict: Verdict, why: Why) {
    let read = read(text);
    assert_eq!((read.verdict, read.why), (verdict, Some(why)), "{text}");
    assert!(read.plate.is_none(), "{text}");
}

#[test]
fn what_people_type_becomes_the_plate_it_is() {
    for (text, class, normal) in [
        ("浙C12345", Ordinary, "浙C12345"),
        ("浙c12345", Ordinary, "浙C12345"),
        (" 浙 C·12345 ", Ordinary, "浙C12345"),
        ("浙Ｃ１２３４５", Ordinary, "浙C12345"),
        ("浙C•A8B88", Ordinary, "浙CA8B88"),
        ("浙CD12345", SmallNewEnergy, "浙CD12345"),
        ("浙CF12345", SmallNewEnergy, "浙CF12345"),
        ("浙CDA1234", SmallNewEnergy, "浙CDA1234"),
        ("浙CA12345", SmallNewEnergy, "浙CA12345"),
        ("沪AE22075", SmallNewEnergy, "沪AE22075"),
        ("豫AA12345", SmallNewEnergy, "豫AA12345"),
        ("浙CK01234", SmallNewEnergy, "浙CK01234"),
        ("浙c d 0 1 2 3 4", SmallNewEnergy, "浙CD01234"),
        ("津C·D88888", SmallNewEnergy, "津CD88888"),
        ("浙C12345D", LargeNewEnergy, "浙C12345D"),
        ("浙C12345F", LargeNewEnergy, "浙C12345F"),
        ("浙CD1234", Ordinary, "浙CD1234"),
        ("浙C1234学", School, "浙C1234学"),
        ("浙C1234挂", Trailer, "浙C1234挂"),
        ("粤ZAB12港", HongKong, "粤ZAB12港"),
        ("粤Z1234澳", Macao, "粤Z1234澳"),
        ("粤B12345", Ordinary, "粤B12345"),
        ("蘇E05EV8", Ordinary, "苏E05EV8"),
        ("浙C\u{200B}12345", Ordinary, "浙C12345"),
    ] {
        is(text, Verdict::Valid, class, normal, None);
    }
}

#[test]
fn plates_of_the_state_are_valid_and_only_the_desk_may_call() {
    for (text, class) in [
        ("浙C1234警", Police),
        ("224578使", Embassy),
        ("使014578", Embassy),
        ("沪22478领", Consulate),
        ("浙X0119应急", Emergency),
    ] {
        is(text, Verdict::Valid, class, text, Some(Why::DeskOnly));
    }
}

#[test]
fn letters_that_no_serial_has_become_digits_and_are_shown_for_confirmation() {
    for (text, class, normal) in [
        ("浙C-12O45", Ordinary, "浙C12045"),
        ("浙CI2345", Ordinary, "浙C12345"),
        ("浙C-0OIIO", Ordinary, "浙C00110"),
        ("浙CO1234", Ordinary, "浙C01234"),
        ("浙CDO1234", SmallNewEnergy, "浙CD01234"),
    ] {
        is(text, Verdict::Confirm, class, normal, Some(Why::Corrected));
    }
}

#[test]
fn a_missing_province_is_offered_and_never_assumed() {
    is("C12345", Verdict::Confirm, Ordinary, "浙C12345", Some(Why::ProvinceMissing));
    is("CD12345", Verdict::Confirm, SmallNewEnergy, "浙CD12345", Some(Why::ProvinceOrMilitary));
    is("AB12345", Verdict::Confirm, SmallNewEnergy, "浙AB12345", Some(Why::ProvinceOrMilitary));
}

#[test]
fn plates_without_an_owner_for_us_are_unsupported() {
    for (text, why) in [
        ("VA12345", Why::Military),
        ("WJ浙12345", Why::ArmedPolice),
        ("民航A1234", Why::Airport),
        ("浙C12345临", Why::Temporary),
    ] {
        is_not(text, Verdict::Unsupported, why);
    }
}

#[test]
fn what_is_no_plate_says_why() {
    for (text, why) in [
        ("浙CL01234", Why::NewEnergy),
        ("浙C1234AD", Why::NewEnergy),
        ("浙CDAA123", Why::NewEnergy),
        ("浙CD123456", Why::TooLong),
        ("浙C1234", Why::TooShort),
        ("浙C123456", Why::NewEnergy),
        ("浙C12345挂", Why::Special),
        ("浙C123警", Why::Special),
        ("浙Z1234港", Why::Special),
        ("浙C0119应急", Why::Special),
        ("京O12345", Why::Issuer),
        ("浙O1234警", Why::Issuer),
        ("浙I12345", Why::Issuer),
        ("浙112345", Why::Issuer),
        ("浙С12345", Why::ForeignLetter),
        ("浙苏H6F681", Why::TwoProvinces),
        ("浙C12#45", Why::Sign),
        ("浙C１２３４５６７", Why::TooLong),
        ("港A12345", Why::Province),
        ("瑞安12345", Why::Province),
        ("温州123456", Why::NotMotor),
        ("12345", Why::TooShort),
        ("", Why::Empty),
        (" · ", Why::Empty),
    ] {
        is_not(text, Verdict::Invalid, why);
    }
}

#[test]
fn ordinary_seven_and_green_eight_are_different_cars() {
    let keys = Keys::from_master(&[7; 32]);
    let hash = |text: &str| read(text).plate.unwrap().hash(&keys);
    assert_ne!(hash("浙CD1234"), hash("浙CD01234"));
    assert_eq!(hash("浙c·D1234"), hash("浙CD1234"));
}

#[test]
fn messages_and_calls_never_carry_the_whole_plate() {
    let shown = |text: &str| {
        let plate = read(text).plate.unwrap();
        (plate.masked(), plate.spoken(), format!("{plate:?}"))
    };
    let expected = ("浙C1**45".to_string(), ("C".to_string(), "45".to_string()), "浙C1**45".to_string());
    assert_eq!(shown("浙C12345"), expected);
    assert_eq!(shown("浙CD12345").0, "浙CD**345");
    assert_eq!(shown("浙C1234学").1, ("C".to_string(), "4学".to_string()));
}

#[test]
fn a_reading_is_explained_in_one_json_object() {
    let told = serde_json::to_value(explain("浙C-12O45")).unwrap();
    let expected = serde_json::json!({"result": "confirm", "class": "ordinary", "normal": "浙C12045", "reason": "corrected"});
    assert_eq!(told, expected);
    let told = serde_json::to_value(explain("浙CL01234")).unwrap();
    assert_eq!(
        (told["result"].as_str(), &told["class"], &told["normal"]),
        (Some("invalid"), &serde_json::Value::Null, &serde_json::Value::Null)
    );
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_reading_and_a_plate_reads_as_itself(text in "[浙沪粤京A-Z0-9a-zОС·警学挂港澳使领应急临 #-]{0,12}") {
        if let Some(plate) = read(&text).plate {
            let again = read(plate.reveal());
            proptest::prop_assert_eq!(again.verdict, Verdict::Valid);
            proptest::prop_assert_eq!(again.plate.unwrap(), plate);
        }
    }
}

#[test]
fn the_colour_is_asked_for_where_one_sign_more_or_less_is_another_car() {
    let of = |text: &str| read(text).plate.map(|plate| (plate.asks_colour(), plate.is_green()));
    assert_eq!(of("浙CD1234"), Some((true, false)));
    assert_eq!(of("浙CD01234"), Some((true, true)));
    assert_eq!(of("浙C12345"), Some((false, false)));
    assert_eq!(of("浙CA8B88"), Some((false, false)));
    assert_eq!(of("浙CL1234"), Some((false, false)));
    assert_eq!(of("浙C12345D"), Some((false, true)));
    assert_eq!(of("浙C1234警"), Some((false, false)));
}

#[test]
fn a_plate_of_another_province_is_known_by_its_first_sign() {
    let of = |text: &str| read(text).plate.map(|plate| plate.is_from_elsewhere());
    assert_eq!((of("浙A12345"), of("粤B12345"), of("224578使")), (Some(false), Some(true), Some(false)));
}
