//! Somebody with a copy of the database, the logs and the cache tries to find out who voted how.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use uuid::Uuid;
use yishiting::ballot::rules::{OptionRule, Role, Rules};
use yishiting::ballot::{close, live, sheet};

use crate::support::chamber::{Chamber, secret};
use crate::support::log::Log;

/// Words that stand nowhere but on the paper.
const OPTIONS: [(&str, &str, Role); 3] =
    [("zebra", "斑马", Role::Yes), ("walrus", "海象", Role::No), ("gnu", "角马", Role::Abstain)];
const MEMBERS: usize = 30;

fn rules() -> Rules {
    let option = |(key, label, role): (&str, &str, Role)| OptionRule {
        key: key.to_string(),
        label: label.to_string(),
        role,
    };
    Rules { options: OPTIONS.map(option).to_vec(), ..secret() }
}

/// What each chooses, and the order in which they come: neither is that of their ids.
fn choice(member: usize) -> &'static str {
    OPTIONS[(member * 7 + member / 3) % 3].0
}

fn arrivals() -> Vec<usize> {
    (0..MEMBERS).map(|turn| (turn * 17 + 5) % MEMBERS).collect()
}

/// One row as text, with where and by which transaction it was written, where the database knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    table: String,
    /// Transaction (PostgreSQL; empty on SQLite).
    writer: String,
    /// `ctid` or `rowid`: where it lies, in the order of its making.
    place: (u64, u64),
    text: String,
}

impl Row {
    fn names(&self, person: Uuid) -> bool {
        self.text.contains(&person.simple().to_string())
    }

    fn says(&self, word: &str) -> bool {
        self.text.contains(word)
    }
}

/// Every row of every table.
async fn dump(chamber: &Chamber) -> Vec<Row> {
    let db = chamber.base.db.read();
    let backend = db.get_database_backend();
    let ask = async |sql: String| db.query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
    let text = |row: &sea_orm::QueryResult, column: &str| row.try_get::<String>("", column).unwrap();
    let tables = match backend {
        // The signs that searches go by have no row ids; they are cut from public texts alone.
        DbBackend::Sqlite => {
            "SELECT name AS it FROM sqlite_master WHERE type = 'table' AND name <> 'case_gram'"
        }
        _ => "SELECT tablename::text AS it FROM pg_tables WHERE schemaname = 'public'",
    };
    let mut rows = Vec::new();
    for table in ask(tables.to_string()).await {
        let table = text(&table, "it");
        let select = match backend {
            DbBackend::Sqlite => {
                let columns = ask(format!("SELECT name AS it FROM pragma_table_info('{table}')")).await;
                let quoted: Vec<String> =
                    columns.iter().map(|column| format!("quote(\"{}\")", text(column, "it"))).collect();
                let all = quoted.join(" || ' ' || ");
                format!("SELECT '' AS writer, CAST(rowid AS TEXT) AS place, {all} AS it FROM \"{table}\"")
            }
            _ => format!(
                "SELECT t.xmin::text AS writer, t.ctid::text AS place, t::text AS it FROM \"{table}\" t"
            ),
        };
        for row in ask(select).await {
            let place = text(&row, "place");
            let numbers: Vec<u64> =
                place.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
            rows.push(Row {
                table: table.clone(),
                writer: text(&row, "writer"),
                place: (numbers[0], numbers.get(1).copied().unwrap_or(0)),
                text: text(&row, "it").to_lowercase().replace('-', ""),
            });
        }
    }
    rows
}

fn of<'a>(rows: &'a [Row], table: &str) -> Vec<&'a Row> {
    rows.iter().filter(|row| row.table == table).collect()
}

/// Every value that Redis holds for this test; memory cannot be read from outside.
async fn cached(chamber: &Chamber) -> String {
    let Some(url) = &chamber.base.config.redis_url else { return String::new() };
    let (url, prefix) = url.split_once('#').unwrap();
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> =
        redis::cmd("KEYS").arg(format!("{prefix}*")).query_async(&mut connection).await.unwrap();
    let mut all = String::new();
    for key in keys {
        let value: Result<Vec<u8>, _> = redis::cmd("GET").arg(&key).query_async(&mut connection).await;
        all += &format!("{key} {}\n", String::from_utf8_lossy(&value.unwrap_or_default()));
    }
    all
}

/// They vote in order of arrival, alone or a few together.
async fn everybody_votes(chamber: &Chamber, round: Uuid, arrivals: &[usize]) {
    let mut rest = arrivals;
    for size in [1, 1, 4, 1, 2, 3].into_iter().cycle() {
        if rest.is_empty() {
            return;
        }
        let (now, later) = rest.split_at(size.min(rest.len()));
        let presses = now.iter().map(|member| chamber.votes(round, *member, choice(*member)));
        assert!(futures_util::future::join_all(presses).await.iter().all(|code| *code == "ok"));
        rest = later;
    }
}

#[tokio::test]
async fn who_voted_how_is_in_no_row_no_log_line_no_message_and_no_cache() {
    let log = Log::of_process();
    let chamber = Chamber::of(MEMBERS).await;
    let mut messages = chamber.base.cache.messages();
    let id = chamber.ready(rules()).await;
    let before: BTreeSet<Row> = dump(&chamber).await.into_iter().collect();
    yishiting::ballot::open::open(&chamber.base, id, "chen").await.unwrap();
    let arrivals = arrivals();

    // While it runs: half have voted, the last of them alone.
    everybody_votes(&chamber, id, &arrivals[..13]).await;
    let half = dump(&chamber).await;
    nothing_joins(&chamber, &half, &before);
    everybody_votes(&chamber, id, &arrivals[13..]).await;

    // After the close.
    let count = chamber.counted(id).await;
    let expected: Vec<i64> = OPTIONS
        .iter()
        .map(|(key, ..)| (0..MEMBERS).filter(|member| choice(*member) == *key).count() as i64)
        .collect();
    assert_eq!(count.verdict.items[0].counts, expected);
    let after = dump(&chamber).await;
    nothing_joins(&chamber, &after, &before);
    nothing_in_order(&chamber, &after);
    let sheet = sheet::sheet(&chamber.base, id).await.unwrap();
    assert!(sheet.electors.iter().all(|elector| elector.marks.is_none()));

    let mut heard = 0;
    while let Ok(message) = messages.try_recv() {
        heard += usize::from(message.channel == live::CHANNEL);
        assert!(OPTIONS.iter().all(|(key, ..)| !message.payload.contains(key)));
        assert!(chamber.people.iter().all(|person| !message.payload.contains(&person.to_string())));
    }
    assert!(heard > 0);
    for (what, text) in [("log", log.text()), ("cache", cached(&chamber).await)] {
        for (key, label, _) in OPTIONS {
            assert!(!text.contains(key) && !text.contains(label), "the {what} names {key}");
        }
        for person in &chamber.people {
            let named = text.contains(&person.to_string()) || text.contains(&person.simple().to_string());
            assert!(!named, "the {what} names a voter");
        }
    }
}

/// No row that was written since the round was ready names a voter beside anything by which voters differ in choice.
fn nothing_joins(chamber: &Chamber, rows: &[Row], before: &BTreeSet<Row>) {
    assert!(of(rows, "ballot_vote").is_empty());
    for row in rows.iter().filter(|row| OPTIONS.iter().any(|(key, ..)| row.says(key))) {
        assert!(["ballot_round", "ballot_template"].contains(&row.table.as_str()), "{row:?}");
    }
    let mut others: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (row, person) in rows
        .iter()
        .filter(|row| !before.contains(row))
        .flat_map(|row| chamber.people.iter().map(move |person| (row, person)))
        .filter(|(row, person)| row.names(**person))
    {
        assert!(["ballot_receipt", "ballot_elector", "notice"].contains(&row.table.as_str()), "{row:?}");
        if row.table == "ballot_receipt" {
            others
                .entry(row.table.clone())
                .or_default()
                .insert(row.text.replace(&person.simple().to_string(), ""));
        }
    }
    // Everybody has a notice that the round began, whether they have voted or not.
    let notices = of(rows, "notice");
    let told = |person: &&Uuid| notices.iter().filter(|row| row.names(**person)).count() == 1;
    assert_eq!(chamber.people.iter().filter(told).count(), notices.len());
    assert_eq!(notices.len(), MEMBERS);
    // Without the person all receipts say the same.
    assert!(others.values().all(|texts| texts.len() == 1), "{others:?}");
    // By transaction: whoever was counted last, every count was written by that transaction.
    let writers: BTreeSet<&str> = of(rows, "ballot_tally").iter().map(|row| row.writer.as_str()).collect();
    assert_eq!((writers.len(), of(rows, "ballot_tally").len()), (1, OPTIONS.len()));
}

/// Receipts lie in the order of ids, all written by one transaction: nothing is left of who came when.
fn nothing_in_order(chamber: &Chamber, rows: &[Row]) {
    let mut receipts = of(rows, "ballot_receipt");
    receipts.sort_by_key(|row| row.place);
    let lying: Vec<Uuid> = receipts
        .iter()
        .map(|row| *chamber.people.iter().find(|person| row.names(**person)).unwrap())
        .collect();
    let mut sorted = chamber.people.clone();
    sorted.sort_unstable();
    assert_eq!(lying, sorted);
    let writers: BTreeSet<&str> = receipts.iter().map(|row| row.writer.as_str()).collect();
    assert_eq!(writers.len(), 1);
    let electors: BTreeSet<bool> = of(rows, "ballot_elector").iter().map(|row| row.says("voted")).collect();
    assert_eq!(electors, BTreeSet::from([true]));
}

#[tokio::test]
async fn a_round_made_void_while_it_ran_keeps_no_order_either() {
    let chamber = Chamber::of(MEMBERS).await;
    let id = chamber.opened(rules()).await;
    everybody_votes(&chamber, id, &arrivals()).await;
    close::void(&chamber.base, id, "设备故障", "chen").await.unwrap();
    let rows = dump(&chamber).await;
    let mut receipts = of(&rows, "ballot_receipt");
    receipts.sort_by_key(|row| row.place);
    let texts: Vec<&String> = receipts.iter().map(|row| &row.text).collect();
    let mut sorted = texts.clone();
    sorted.sort_unstable();
    assert_eq!(texts, sorted);
}

// What is not protected, and the voter's page says so: two copies of the database with one vote between them.
#[tokio::test]
async fn two_copies_of_the_database_around_a_single_vote_do_tell_it() {
    let chamber = Chamber::of(MEMBERS).await;
    let id = chamber.opened(rules()).await;
    let counts = |rows: &[Row]| -> BTreeSet<String> {
        of(rows, "ballot_tally").iter().map(|row| row.text.clone()).collect()
    };
    let first = dump(&chamber).await;
    everybody_votes(&chamber, id, &[4]).await;
    let second = dump(&chamber).await;
    let changed: Vec<_> = counts(&second).difference(&counts(&first)).cloned().collect();
    let new: Vec<_> = of(&second, "ballot_receipt");
    assert_eq!((changed.len(), new.len()), (1, 1));
    assert!(new[0].names(chamber.people[4]));
}
