//! Rosters that change while people arrive.

use sea_orm::{EntityTrait, PaginatorTrait};
use yishiting::base::sheet;
use yishiting::meeting::model::roster_entry;
use yishiting::meeting::roster::{self, BadRow, Missing, RawRow};
use yishiting::people::audit;
use yishiting::people::model::person;

use crate::support::hall::{Hall, raw, without_gap};

fn crowd(range: std::ops::Range<usize>) -> Vec<RawRow> {
    range
        .map(|n| RawRow {
            name: format!("代表{n}"),
            unit: format!("第{}局", n % 7),
            phone: format!("139{n:08}"),
            ..RawRow::default()
        })
        .collect()
}

// Edge case 29: imported again while sign-in runs.
#[tokio::test]
async fn an_import_in_the_middle_of_the_crowd_drops_nobody_who_is_in() {
    let hall = Hall::open().await;
    let people = hall.crowd(100).await;
    roster::import(&hall.base, hall.id, crowd(0..100), Missing::Stay, false, "chen").await.unwrap();
    let scans = hall.all_at_once(people.iter().map(|person| hall.scan(*person)).collect());
    let import = roster::import(&hall.base, hall.id, crowd(50..150), Missing::MoveOut, false, "chen");
    let (results, report) = tokio::join!(scans, import);
    without_gap(&results, 100);
    let report = report.unwrap();
    assert_eq!((report.added, report.unchanged, report.removed + report.kept), (50, 50, 50));
    let now = hall.snapshot().await;
    assert_eq!(now.expected, 100 + report.kept as i64);
    assert_eq!((now.expected, now.present + now.others), (now.present + now.absent, 100));
    hall.is_clean().await;
}

#[tokio::test]
async fn a_dry_run_leaves_no_trace() {
    let hall = Hall::open().await;
    let report = roster::import(&hall.base, hall.id, crowd(0..5), Missing::Stay, true, "chen").await.unwrap();
    assert_eq!(report.added, 5);
    let db = hall.base.db.read();
    assert_eq!(roster_entry::Entity::find().count(db).await.unwrap(), 0);
    assert_eq!(person::Entity::find().count(db).await.unwrap(), 0);
    let lines = audit::newest(&hall.base, Some(&hall.id.to_string()), 10).await.unwrap();
    assert!(lines.iter().all(|line| line.action != "roster.import"));
}

#[tokio::test]
async fn two_offices_import_the_same_people_at_once_in_opposite_order() {
    let hall = Hall::open().await;
    let second = hall.another(|_| {}).await;
    let other = hall.replica().await;
    let mut backwards = crowd(0..300);
    backwards.reverse();
    let here = roster::import(&hall.base, hall.id, crowd(0..300), Missing::Stay, false, "chen");
    let there = roster::import(&other.base, second, backwards, Missing::Stay, false, "li");
    let (here, there) = tokio::join!(here, there);
    assert_eq!((here.unwrap().added, there.unwrap().added), (300, 300));
    assert_eq!(person::Entity::find().count(hall.base.db.read()).await.unwrap(), 300);
}

#[tokio::test]
async fn a_list_longer_than_one_statement_goes_in_whole() {
    let hall = Hall::open().await;
    let import = |range| roster::import(&hall.base, hall.id, crowd(range), Missing::MoveOut, false, "chen");
    assert_eq!(import(0..2300).await.unwrap().added, 2300);
    let again = import(2200..2300).await.unwrap();
    assert_eq!((again.unchanged, again.removed), (100, 2200));
    assert_eq!(hall.snapshot().await.expected, 100);
    let mut many = crowd(0..1);
    many.resize(roster::MOST + 1, RawRow::default());
    let refused = roster::import(&hall.base, hall.id, many, Missing::Stay, false, "chen").await;
    assert!(matches!(refused, Err(roster::RosterError::TooMany)));
}

// Edge case 30: never all or nothing.
#[tokio::test]
async fn bad_rows_come_back_each_with_its_reason_and_the_good_ones_are_in() {
    let hall = Hall::open().await;
    let mut rows = raw(&[
        ("江一帆", "市金融办", "138 1234 6021"),
        ("  ", "市金融办", "13812346022"),
        ("王海", "\u{200B} ", "13812346023"),
        ("李梅", "市教育局", ""),
        ("李梅", "市教育局", "1381234602"),
        ("张\0三", "市\0局", "13812346024"),
        (&"长".repeat(31), "市教育局", "13812346025"),
        ("王海", &"长".repeat(61), "13812346026"),
        ("江 一帆", "别的单位", "13812346021"),
    ]);
    rows.push(RawRow {
        role: Some("主席".to_string()),
        ..raw(&[("赵云", "市局", "13812346027")])[0].clone()
    });
    rows.push(RawRow {
        seat: Some("座".repeat(21)), ..raw(&[("马超", "市局", "13812346028")])[0].clone()
    });
    let report = roster::import(&hall.base, hall.id, rows, Missing::Stay, false, "chen").await.unwrap();
    assert_eq!(report.added, 2);
    let reasons: Vec<(usize, &str)> = report.bad.iter().map(|bad| (bad.row, bad.reason.as_str())).collect();
    assert_eq!(
        reasons,
        [
            (2, "缺少姓名"),
            (3, "缺少单位"),
            (4, "缺少手机号"),
            (5, "手机号不是 11 位手机号码"),
            (7, "姓名太长，最多 30 个字"),
            (8, "单位太长，最多 60 个字"),
            (9, "与第 1 行是同一个人"),
            (10, "角色应为 参会、列席、旁听 或 工作人员"),
            (11, "座位太长，最多 20 个字"),
        ]
    );
}

// Edge case 55: what an office program would run comes back harmless.
#[tokio::test]
async fn a_row_that_is_a_formula_is_text_in_and_harmless_out() {
    let hall = Hall::open().await;
    let file = "姓名,单位,手机号\n=1+1,@市局,13812346021\n\"=HYPERLINK(\"\"http://x\"\")\",市局,+1\n";
    let rows = roster::read_file(file.as_bytes()).unwrap();
    let report = roster::import(&hall.base, hall.id, rows, Missing::Stay, false, "chen").await.unwrap();
    assert_eq!((report.added, report.bad.len()), (1, 1));
    let entry = roster::all(hall.base.db.read(), hall.id).await.unwrap().remove(0);
    assert_eq!((entry.name.as_str(), entry.unit.as_str()), ("=1+1", "@市局"));
    let csv = String::from_utf8(roster::bad_rows_csv(&report.bad).unwrap()).unwrap();
    assert!(csv.contains("'=HYPERLINK") && csv.contains("'+1"), "{csv}");
}

// The numbers by which the organiser finds the rows in the spreadsheet.
#[tokio::test]
async fn bad_rows_of_a_file_are_numbered_as_the_spreadsheet_shows_them() {
    let lines = [
        "全市培训会名单,,",
        ",,",
        "姓名,单位,手机号",
        "江一帆,市金融办,13812346021",
        ",,",
        "王海,市教育局,1381234602",
        "江一帆,市金融办,13812346021",
    ];
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in (0..).zip(lines) {
        for (column, cell) in (0..).zip(line.split(',')) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    // Nothing above the title: the sheet itself begins further down.
    let mut low = rust_xlsxwriter::Workbook::new();
    let sheet = low.add_worksheet();
    for (column, (head, cell)) in (0..).zip([("姓名", "王海"), ("单位", "市教育局"), ("手机号", "1")])
    {
        sheet.write_string(3, column, head).unwrap().write_string(5, column, cell).unwrap();
    }
    let hall = Hall::open().await;
    for (file, expected) in [
        (lines.join("\n").into_bytes(), vec![6, 7]),
        (lines.join("\r\n").into_bytes(), vec![6, 7]),
        (book.save_to_buffer().unwrap(), vec![6, 7]),
        (low.save_to_buffer().unwrap(), vec![6]),
    ] {
        let rows = roster::read_file(&file).unwrap();
        let report = roster::import(&hall.base, hall.id, rows, Missing::Stay, true, "chen").await.unwrap();
        assert_eq!(report.bad.iter().map(|bad| bad.row).collect::<Vec<_>>(), expected);
        if let Some(twice) = report.bad.get(1) {
            assert_eq!(twice.reason, "与第 4 行是同一个人");
        }
    }
}

#[test]
fn the_returned_bad_rows_can_be_corrected_and_sent_again() {
    let bad =
        BadRow {
            row: 3, reason: "缺少单位".to_string(), raw: raw(&[("王海", "", "13812346023")]).remove(0)
        };
    let csv = roster::bad_rows_csv(std::slice::from_ref(&bad)).unwrap();
    assert_eq!(roster::read_file(&csv).unwrap().0[0].1.name, bad.raw.name);
    let rows = sheet::read(&csv, 10).unwrap();
    assert_eq!(rows[1][6..8], ["3".to_string(), "缺少单位".to_string()]);
}

#[tokio::test]
async fn who_was_moved_out_is_refused_until_the_list_has_them_again() {
    let hall =
        Hall::of_roster(&[("江一帆", "市金融办", "13812346021"), ("王海", "市教育局", "13812346022")]).await;
    let jiang = hall.person("江一帆", "市金融办", "13812346021").await;
    hall.import_with(&[("王海", "市教育局", "13812346022")], Missing::MoveOut).await;
    assert_eq!(hall.refused(hall.scan(jiang)).await, "not_on_roster");
    let report = hall.import(&[("江一帆", "市金融办", "13812346021")]).await;
    assert_eq!((report.added, report.changed), (0, 1));
    assert_eq!(hall.sign_in(jiang).await.position, 1);
}

#[tokio::test]
async fn observers_and_staff_of_the_meeting_are_let_in_and_not_expected() {
    let hall = Hall::of_roster(&[("江一帆", "市金融办", "13812346021")]).await;
    let mut rows = raw(&[("王海", "市教育局", "13812346022"), ("李梅", "会务组", "13812346023")]);
    rows[0].role = Some("列席".to_string());
    rows[1].role = Some("staff".to_string());
    roster::import(&hall.base, hall.id, rows, Missing::Stay, false, "chen").await.unwrap();
    for (name, unit, phone) in [("王海", "市教育局", "13812346022"), ("李梅", "会务组", "13812346023")]
    {
        hall.sign_in(hall.person(name, unit, phone).await).await;
    }
    let now = hall.snapshot().await;
    assert_eq!((now.expected, now.present, now.absent, now.others), (1, 0, 1, 2));
}
