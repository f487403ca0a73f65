//! The cases of an old system, in and out.

use yishiting::cases::model::{Part, State};
use yishiting::cases::search::{self, Wanted};
use yishiting::cases::{export, import, list};

use crate::support::program;
use crate::support::town::{Town, desk};

const HEAD: &str = "编号,提交时间,性质,类别,标题,内容,地点,联系方式,承办单位,转办时间,首次回复时间,首次回复,答复时间,答复,签发人,评价时间,转办评分,承办评分,公开,状态";

fn table(lines: &[&str]) -> Vec<u8> {
    [&[HEAD], lines].concat().join("\n").into_bytes()
}

const RATED: &str = "16944,2015-01-27 09:30,求助,road,万松路路灯不亮,\"一个多月了，\n很危险。\",万松路,陈晓燕 13812346021,市住房和城乡建设局,2015-01-27 10:00,2015-01-27 15:00,已派人查看。,2015-01-29 11:00,已修好。,王敏,2015-01-30 08:00,5,4,是,";
const UNRATED: &str = "16945,2015-01-27 09:31,咨询,road,何时通车,请问何时通车。,,,jsj,2015-01-28 10:00,,,2015-01-29 11:00,年底。,,,,,,";
const WAITING: &str = "16946,2015-01-27 09:32,投诉,road,夜间施工,很吵。,,,jsj,2015-01-28 10:00,,,,,,,,,,";
const NEW: &str = "16950,2015-01-27 09:33,建议,road,加个红绿灯,学校门口。,,,,,,,,,,,,,,";

async fn takes(town: &Town, bytes: &[u8], dry_run: bool) -> import::Report {
    import::import(&town.cases, bytes, dry_run, |_| {}).await.unwrap()
}

#[tokio::test]
async fn old_cases_keep_their_numbers_and_come_to_where_they_were() {
    let town = Town::open().await;
    let bytes = table(&[RATED, UNRATED, WAITING, NEW]);
    let preview = takes(&town, &bytes, true).await;
    assert_eq!((preview.added, preview.bad.len(), town.count(State::Submitted).await), (4, 0, 0));
    let report = takes(&town, &bytes, false).await;
    assert_eq!((report.added, report.known, report.bad), (4, 0, vec![]));
    for (number, state) in
        [(16944, State::Closed), (16945, State::Closed), (16946, State::Forwarded), (16950, State::Submitted)]
    {
        assert_eq!(town.state(town.cases_of(number).await).await, state, "{number}");
    }
    let file = town.file(town.cases_of(16944).await).await;
    assert_eq!(
        (file.created_at.to_rfc3339().as_str(), file.unit_score),
        ("2015-01-27T01:30:00+00:00", Some(4))
    );
    assert_eq!(search::public(&town.cases, &Wanted::default()).await.unwrap().0.len(), 1);
    assert_eq!(
        list::inbox(&town.cases, &desk(&[(Part::Moderator, "")]), &list::Filter::default()).await.unwrap().1,
        4
    );
    // New ones go on after the highest; a second time costs nothing.
    assert_eq!(town.files(town.citizen("chen").await).await.public_no, 16951);
    let again = takes(&town, &bytes, false).await;
    assert_eq!((again.added, again.known, again.bad), (0, 4, vec![]));
    assert_eq!(town.verifies().await.cases, 5);
}

#[tokio::test]
async fn a_wrong_line_is_named_and_the_others_come_in() {
    let town = Town::open().await;
    let taken = town.files(town.citizen("chen").await).await.public_no;
    let changed = |from: &str, to: &str| RATED.replace(from, to);
    let wrong = [
        changed("16944", "x"),
        changed("16944", "-1"),
        changed("求助", "玩笑"),
        changed("road", "nothing"),
        changed("市住房和城乡建设局", "没有的局"),
        changed("2015-01-27 09:30", "昨天"),
        changed("2015-01-27 09:30", "2015-01-28 09:30"),
        changed("2015-01-27 15:00", "2115-01-27 15:00"),
        changed("万松路路灯不亮", ""),
        changed(",5,4,", ",6,4,"),
        changed("已修好。", ""),
        changed("16944", &taken.to_string()),
        UNRATED.to_string(),
        "1,2".to_string(),
    ];
    let lines: Vec<&str> = std::iter::once(UNRATED).chain(wrong.iter().map(String::as_str)).collect();
    let report = takes(&town, &table(&lines), false).await;
    assert_eq!((report.added, report.known), (1, 0), "{:?}", report.bad);
    assert_eq!(report.bad.len(), wrong.len(), "{:?}", report.bad);
    assert_eq!((report.bad[0].0, report.bad[0].1.as_str()), (3, "编号「x」应为正整数"));
    let (gb, _, _) = encoding_rs::GB18030.encode(RATED);
    let (head, _, _) = encoding_rs::GB18030.encode(HEAD);
    let report = takes(&town, &[&head[..], b"\n", &gb[..]].concat(), false).await;
    assert_eq!(report.added, 1, "as Chinese Excel saves it: {:?}", report.bad);
    town.verifies().await;
}

#[tokio::test]
async fn what_is_exported_can_be_imported_elsewhere_and_is_the_same() {
    let town = Town::open().await;
    takes(&town, &table(&[RATED, UNRATED, WAITING, NEW]), false).await;
    let mut first = Vec::new();
    assert_eq!(export::export(&town.cases, &mut first, |_| {}).await.unwrap(), 4);
    assert!(String::from_utf8_lossy(&first).contains("陈晓燕 13812346021"));
    let other = Town::open().await;
    let report = takes(&other, &first, false).await;
    assert_eq!((report.added, report.bad), (4, vec![]));
    let mut second = Vec::new();
    export::export(&other.cases, &mut second, |_| {}).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&first), String::from_utf8_lossy(&second));
}

#[tokio::test]
async fn an_operator_imports_and_exports_at_the_machine() {
    let town = Town::open().await;
    let folder = town.app.folder();
    std::fs::write(folder.join("old.csv"), table(&[RATED, "x"])).unwrap();
    let config = &town.base.config;
    let run = |words: &[&str]| {
        let mut command = program::command(folder, words);
        command.env("YST_DATABASE_URL", &config.database_url).env("YST_DATA_DIR", &config.data_dir);
        let output = command.env("YST_MASTER_KEY_FILE", &config.master_key_file).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let preview = run(&["import", "cases", "--dry-run", "old.csv"]);
    assert!(
        preview.1.contains("没有做改动。如果导入，将会新增 1 件") && preview.1.contains("第 3 行"),
        "{}",
        preview.1
    );
    assert_eq!(run(&["import", "cases", "old.csv"]).0, Some(1), "one line was wrong");
    let (code, said) = run(&["export", "cases", "all.csv"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(std::fs::read_to_string(folder.join("all.csv")).unwrap().contains("16944"));
    assert_eq!(run(&["export", "cases", "all.csv"]).0, Some(1), "nothing is overwritten");
}
