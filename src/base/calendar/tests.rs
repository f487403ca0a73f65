//! The rules W1–W7 with the data of several independent calendars.

use super::*;
use chrono::TimeDelta;

fn d(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> Instant {
    from_shanghai(chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap())
}

/// Start, and the end after 1, 2, 5 and 10 working days; five independent packages agree on each.
const WORK_DAYS: [[&str; 5]; 31] = [
    ["2025-12-31", "2026-01-04", "2026-01-05", "2026-01-08", "2026-01-15"],
    ["2026-01-02", "2026-01-04", "2026-01-05", "2026-01-08", "2026-01-15"],
    ["2026-01-04", "2026-01-05", "2026-01-06", "2026-01-09", "2026-01-16"],
    ["2026-02-13", "2026-02-14", "2026-02-24", "2026-02-27", "2026-03-05"],
    ["2026-02-14", "2026-02-24", "2026-02-25", "2026-02-28", "2026-03-06"],
    ["2026-02-15", "2026-02-24", "2026-02-25", "2026-02-28", "2026-03-06"],
    ["2026-02-24", "2026-02-25", "2026-02-26", "2026-03-02", "2026-03-09"],
    ["2026-02-28", "2026-03-02", "2026-03-03", "2026-03-06", "2026-03-13"],
    ["2026-04-03", "2026-04-07", "2026-04-08", "2026-04-13", "2026-04-20"],
    ["2026-04-30", "2026-05-06", "2026-05-07", "2026-05-11", "2026-05-18"],
    ["2026-05-08", "2026-05-09", "2026-05-11", "2026-05-14", "2026-05-21"],
    ["2026-05-09", "2026-05-11", "2026-05-12", "2026-05-15", "2026-05-22"],
    ["2026-06-18", "2026-06-22", "2026-06-23", "2026-06-26", "2026-07-03"],
    ["2026-09-17", "2026-09-18", "2026-09-20", "2026-09-23", "2026-10-08"],
    ["2026-09-18", "2026-09-20", "2026-09-21", "2026-09-24", "2026-10-09"],
    ["2026-09-19", "2026-09-20", "2026-09-21", "2026-09-24", "2026-10-09"],
    ["2026-09-20", "2026-09-21", "2026-09-22", "2026-09-28", "2026-10-10"],
    ["2026-09-24", "2026-09-28", "2026-09-29", "2026-10-09", "2026-10-15"],
    ["2026-09-25", "2026-09-28", "2026-09-29", "2026-10-09", "2026-10-15"],
    ["2026-09-28", "2026-09-29", "2026-09-30", "2026-10-10", "2026-10-16"],
    ["2026-09-29", "2026-09-30", "2026-10-08", "2026-10-12", "2026-10-19"],
    ["2026-09-30", "2026-10-08", "2026-10-09", "2026-10-13", "2026-10-20"],
    ["2026-10-01", "2026-10-08", "2026-10-09", "2026-10-13", "2026-10-20"],
    ["2026-10-05", "2026-10-08", "2026-10-09", "2026-10-13", "2026-10-20"],
    ["2026-10-07", "2026-10-08", "2026-10-09", "2026-10-13", "2026-10-20"],
    ["2026-10-08", "2026-10-09", "2026-10-10", "2026-10-14", "2026-10-21"],
    ["2026-10-09", "2026-10-10", "2026-10-12", "2026-10-15", "2026-10-22"],
    ["2026-10-10", "2026-10-12", "2026-10-13", "2026-10-16", "2026-10-23"],
    ["2026-10-11", "2026-10-12", "2026-10-13", "2026-10-16", "2026-10-23"],
    ["2026-11-20", "2026-11-23", "2026-11-24", "2026-11-27", "2026-12-04"],
    ["2026-11-22", "2026-11-23", "2026-11-24", "2026-11-27", "2026-12-04"],
];

/// Start, calendar days, plain end, end moved to a working day.
const DAYS: [(&str, u16, &str, &str); 13] = [
    ("2026-09-16", 15, "2026-10-01", "2026-10-08"),
    ("2026-09-20", 15, "2026-10-05", "2026-10-08"),
    ("2026-07-10", 15, "2026-07-25", "2026-07-27"),
    ("2026-08-03", 60, "2026-10-02", "2026-10-08"),
    ("2026-08-10", 60, "2026-10-09", "2026-10-09"),
    ("2026-09-16", 60, "2026-11-15", "2026-11-16"),
    ("2026-09-20", 60, "2026-11-19", "2026-11-19"),
    ("2026-08-03", 90, "2026-11-01", "2026-11-02"),
    ("2026-07-10", 90, "2026-10-08", "2026-10-08"),
    ("2026-07-10", 30, "2026-08-09", "2026-08-10"),
    ("2026-08-26", 30, "2026-09-25", "2026-09-28"),
    ("2026-09-01", 30, "2026-10-01", "2026-10-08"),
    ("2026-10-29", 60, "2026-12-28", "2026-12-28"),
];

#[test]
fn working_days_are_counted_as_independent_calendars_count_them() {
    let calendar = Calendar::own();
    for [start, ends @ ..] in WORK_DAYS {
        for (length, end) in [1, 2, 5, 10].into_iter().zip(ends) {
            let reached = calendar.due_work_days(d(start), length);
            assert_eq!(reached.date, d(end), "{start} +{length}");
            assert!(!reached.provisional);
            let counted = reached.steps.iter().filter(|step| step.verdict == Verdict::Counted).count();
            assert_eq!(counted, usize::from(length), "every counted day has its step");
            assert_eq!(reached.steps.last().map(|step| step.date), Some(reached.date));
        }
    }
}

#[test]
fn calendar_days_end_on_a_working_day() {
    let calendar = Calendar::own();
    for (start, length, plain, moved) in DAYS {
        assert_eq!(calendar.due_days(d(start), length, false).date, d(plain), "{start} +{length}");
        assert_eq!(calendar.due_days(d(start), length, true).date, d(moved), "{start} +{length}");
    }
}

#[test]
fn make_up_days_and_days_off_are_those_of_the_notices() {
    let days =
        |days: &[NaiveDate]| days.iter().map(|day| day.format("%m-%d").to_string()).collect::<Vec<_>>();
    let calendar = Calendar::own();
    let year = calendar.year(2026).unwrap();
    let off = "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 06-19 09-25 10-01 10-02 10-05 10-06 10-07";
    assert_eq!(days(&year.weekdays_off()).join(" "), off);
    assert_eq!(days(&year.make_up_days()).join(" "), "01-04 02-14 02-28 05-09 09-20 10-10");
    let make_up = days(&calendar.year(2025).unwrap().make_up_days()).join(" ");
    assert_eq!(make_up, "01-26 02-08 04-27 09-28 10-11");
    for year in calendar.years() {
        assert_eq!(year.problems(), Vec::<String>::new());
        assert_eq!(year.status, Status::Published);
    }
}

#[test]
fn simple_methods_would_be_wrong() {
    let calendar = Calendar::own();
    let simple = |start: &str, days: usize, holidays: bool| {
        let off = |day: &NaiveDate| is_weekend(*day) || (holidays && calendar.day(*day).why == Why::Holiday);
        d(start).iter_days().skip(1).filter(|day| !off(day)).nth(days - 1).unwrap()
    };
    let cases = [
        ("2026-09-28", "2026-10-10", "2026-10-05", "2026-10-12"),
        ("2026-09-18", "2026-09-24", "2026-09-25", "2026-09-28"),
        ("2026-10-07", "2026-10-13", "2026-10-14", "2026-10-14"),
    ];
    for (start, right, weekdays_only, without_make_up) in cases {
        assert_eq!(calendar.due_work_days(d(start), 5).date, d(right));
        assert_eq!(simple(start, 5, false), d(weekdays_only));
        assert_eq!(simple(start, 5, true), d(without_make_up));
    }
}

#[test]
fn the_limit_is_the_end_of_its_last_day_in_china() {
    let reached = Calendar::own().due_work_days(local(at("2026-09-28 23:59:59")), 5);
    assert_eq!(reached.due_at, at("2026-10-11 00:00:00"), "late from the next instant on");
    assert_eq!(reached.due_at.to_rfc3339(), "2026-10-10T16:00:00+00:00");
    let late_at_night = local(at("2026-09-28 23:59:59"));
    assert_eq!(late_at_night, local(at("2026-09-28 00:00:00")), "the hour of the event decides nothing");
    assert_eq!(local(at("2026-09-29 00:00:00")), d("2026-09-29"));
}

#[test]
fn a_pause_leaves_what_was_not_used() {
    let calendar = Calendar::own();
    let (forwarded, asked, answered) = (d("2026-09-21"), d("2026-09-23"), d("2026-10-09"));
    assert_eq!(calendar.due_work_days(forwarded, 5).date, d("2026-09-29"), "without the pause");
    assert_eq!(calendar.used_up_to(forwarded, asked), 2);
    assert_eq!(calendar.remaining(forwarded, 5, asked), 3);
    assert_eq!(calendar.resume(forwarded, 5, asked, answered).date, d("2026-10-13"));
    assert_eq!(calendar.used_up_to(forwarded, forwarded), 0);
    assert_eq!(calendar.used_up_to(forwarded, d("2026-09-01")), 0, "a pause before the start uses nothing");
}

#[test]
fn a_limit_used_up_before_the_pause_ends_on_the_working_day_of_resumption_or_the_next() {
    let calendar = Calendar::own();
    let resume = |on: &str| calendar.resume(d("2026-09-21"), 1, d("2026-09-23"), d(on)).date;
    assert_eq!(resume("2026-10-09"), d("2026-10-09"));
    assert_eq!(resume("2026-10-03"), d("2026-10-08"));
}

#[test]
fn an_inquiry_of_2015_was_answered_on_the_second_working_day() {
    assert_eq!(Calendar::own().used_up_to(d("2015-01-27"), d("2015-01-29")), 2);
}

#[test]
fn years_that_nobody_published_are_guessed_and_say_so() {
    let calendar = Calendar::own();
    // A package that asserts its range panics on this very limit.
    let reached = calendar.due_work_days(d("2026-12-21"), 5);
    assert_eq!((reached.date, reached.provisional), (d("2026-12-28"), false));
    let reached = calendar.due_work_days(d("2026-12-28"), 5);
    assert_eq!((reached.date, reached.provisional), (d("2027-01-05"), true));
    let new_year = reached.steps.iter().find(|step| step.date == d("2027-01-01")).unwrap();
    assert_eq!((new_year.why, new_year.verdict), (Why::FixedHoliday, Verdict::Skipped));
    // Petitions of today end in a year without a notice.
    let decision = calendar.due_days(d("2026-11-22"), 60, true);
    assert_eq!((decision.date, decision.provisional), (d("2027-01-21"), true));
    let extended = calendar.due_days(d("2027-01-21"), 30, true);
    assert_eq!((extended.date, extended.provisional), (d("2027-02-22"), true));
    assert!(!calendar.due_days(d("2026-11-22"), 60, false).provisional, "plain days are certain");
    assert_eq!(calendar.is_work_day(d("2027-05-03")), (true, true));
    assert_eq!(calendar.is_work_day(d("2027-05-01")), (false, true));
    assert_eq!(calendar.is_work_day(d("2027-10-01")), (false, true));
    assert_eq!(calendar.is_work_day(d("1990-01-01")), (false, true));
}

#[test]
fn only_days_that_decide_make_a_date_provisional() {
    let calendar = Calendar::own();
    let over_the_edge = calendar.due_work_days(d("2023-12-29"), 1);
    assert_eq!(
        (over_the_edge.date, over_the_edge.provisional),
        (d("2024-01-02"), true),
        "30 December counts"
    );
    let day_0 = calendar.due_work_days(d("2023-12-31"), 1);
    assert_eq!((day_0.date, day_0.provisional), (d("2024-01-02"), false), "day 0 decides nothing");
}

#[test]
fn a_year_that_is_only_expected_stays_provisional_and_a_published_one_replaces_it() {
    let expected =
        Year { year: 2027, status: Status::Provisional, source: String::new(), holidays: Vec::new() };
    let calendar = Calendar::own().with([expected.clone()]);
    assert!(!calendar.is_published(2027));
    assert_eq!(calendar.is_work_day(d("2027-03-01")), (true, true));
    let published = calendar.with([Year { status: Status::Published, ..expected }]);
    assert_eq!(published.is_work_day(d("2027-03-01")), (true, false));
    assert_eq!(published.is_work_day(d("2027-01-01")), (true, false), "a notice is taken at its word");
}

#[test]
fn no_date_and_no_length_panics() {
    let calendar = Calendar::own();
    for start in [NaiveDate::MIN, NaiveDate::MAX, d("0001-01-01"), d("9999-12-31")] {
        for length in [0, 1, 5, 1000] {
            assert!(calendar.due_work_days(start, length).date >= start);
            assert!(calendar.due_days(start, length, true).date >= start);
        }
        assert_eq!(calendar.used_up_to(start, start), 0);
    }
    assert!(calendar.due_work_days(d("2026-12-21"), u16::MAX).provisional);
}

#[test]
fn hours_run_by_night_and_on_days_off() {
    let reached = Calendar::own().due_hours(at("2026-09-30 18:30:00"), 24);
    assert_eq!(reached.due_at, at("2026-10-01 18:30:00"));
    assert_eq!((reached.date, reached.provisional), (d("2026-10-01"), false));
    assert_eq!(reached.steps[1].text, "满24小时是2026年10月1日（周四）18:30。");
    let rest = Calendar::own().due_clock(at("2027-09-30 18:30:00"), TimeDelta::minutes(90));
    assert_eq!(rest.due_at, at("2027-09-30 20:00:00"));
    assert!(!rest.provisional, "the clock needs no notice");
}

#[test]
fn every_date_shows_how_it_was_reached() {
    let texts = |reached: Reached| reached.steps.into_iter().map(|step| step.text).collect::<Vec<_>>();
    let calendar = Calendar::own();
    assert_eq!(
        texts(calendar.due_work_days(d("2026-10-06"), 3)),
        [
            "2026年10月6日（周二）是起算日，不计入，从第二天起算。",
            "2026年10月7日（周三）：国庆节放假，不计。",
            "2026年10月8日（周四）：工作日，第1个工作日。",
            "2026年10月9日（周五）：工作日，第2个工作日。",
            "2026年10月10日（周六）：因国庆节调休上班，第3个工作日。",
        ]
    );
    assert_eq!(
        texts(calendar.due_days(d("2026-08-26"), 30, true)),
        [
            "2026年8月26日（周三）是起算日，不计入，从第二天起算。",
            "第30天是2026年9月25日（周五），中秋节放假。",
            "2026年9月26日（周六）：中秋节放假，不计。",
            "2026年9月27日（周日）：中秋节放假，不计。",
            "2026年9月28日（周一）：工作日，期限顺延到这一天。",
        ]
    );
    let guessed = texts(calendar.due_work_days(d("2026-12-31"), 1));
    assert_eq!(guessed[1], "2027年1月1日（周五）：元旦放假（2027年放假安排尚未公布，暂按预计），不计。");
    let step = &calendar.due_work_days(d("2026-10-09"), 1).steps[1];
    assert_eq!(
        serde_json::to_value(step).unwrap(),
        serde_json::json!({
            "date": "2026-10-10", "verdict": "counted", "number": 1, "why": "make_up", "holiday": "国庆节",
            "provisional": false, "text": "2026年10月10日（周六）：因国庆节调休上班，第1个工作日。"
        })
    );
}
