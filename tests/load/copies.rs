//! Copies of cases within PostgreSQL, a table at a time. Every id ends in the number of its copy, in rows and logs alike,
//! so that `verify` finds copies as sound as what they were copied from; what happened lies some seconds earlier in each.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, TransactionTrait};

/// The tables that are copied, with the columns that differ and how.
const TABLES: [(&str, &[(&str, &str)]); 6] = [
    (
        "case_file",
        &[
            ("id", "copy_of(id, k)"),
            ("public_no", NUMBER),
            ("petition_no", "left(petition_no, 6) || lpad((public_no + k * span)::text, 7, '0')"),
            ("author", "copy_of(author, k)"),
            ("original_text", "copy_of(original_text, k)"),
            ("public_text", "copy_of(public_text, k)"),
            ("source", "'web'"),
            ("created_at", "created_at - k * sec"),
            ("updated_at", "updated_at - k * sec"),
            ("published_at", "published_at - k * sec"),
            ("forwarded_at", "forwarded_at - k * sec"),
            ("replied_at", "replied_at - k * sec"),
            ("answered_at", "answered_at - k * sec"),
            ("closed_at", "closed_at - k * sec"),
        ],
    ),
    (
        "case_event",
        &[
            ("id", "copy_of(id, k)"),
            ("seq", "seq + k * events"),
            ("case_id", "copy_of(case_id, k)"),
            ("change", CHANGE),
            ("op", "op || ':' || k"),
            ("at", "at - k * sec"),
        ],
    ),
    ("case_text", &[("id", "copy_of(id, k)"), ("case_id", "copy_of(case_id, k)"), ("at", "at - k * sec")]),
    (
        "case_clock",
        &[
            ("id", "copy_of(id, k)"),
            ("case_id", "copy_of(case_id, k)"),
            ("met_at", "met_at - k * sec"),
            ("paused_at", "paused_at - k * sec"),
            ("stopped_at", "stopped_at - k * sec"),
        ],
    ),
    ("case_search", &[("no", "no + k * span")]),
    ("case_gram", &[("no", "no + k * span")]),
];
const NUMBER: &str = "public_no + k * span";
const CHANGE: &str = "replace(replace(replace(change, '@K@', lpad(to_hex(k), 8, '0')), '@N@', (no + k * span)::text), \
    '@P@', lpad((no + k * span)::text, 7, '0'))";

/// A function that names copies, and logs with gaps where a copy puts what is its own.
const PREPARE: [&str; 4] = [
    "CREATE FUNCTION copy_of(id uuid, k bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS \
        $$ SELECT (left(id::text, 28) || lpad(to_hex(k), 8, '0'))::uuid $$",
    "CREATE TABLE of_case_event AS SELECT event.*, file.public_no AS no FROM case_event event \
        JOIN case_file file ON file.id = event.case_id",
    "UPDATE of_case_event SET change = regexp_replace(regexp_replace(regexp_replace(replace(change, \
        '\"source\":\"import\"', '\"source\":\"web\"'), \
        '([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{4})[0-9a-f]{8}', '\\1@K@', 'g'), \
        '\"public_no\":\\d+', '\"public_no\":@N@'), '\"petition_no\":\"(XF\\d{4})\\d+\"', '\"petition_no\":\"\\1@P@\"')",
    "CREATE TABLE of_all AS SELECT (SELECT max(public_no) FROM case_file) AS span, \
        (SELECT max(seq) FROM case_event) AS events, interval '1 second' AS sec",
];

/// Makes `copies` of every case of the database at `url`; what was there before is the first of them.
pub async fn copy(url: &str, copies: usize) -> anyhow::Result<()> {
    let db = alone(url).await?;
    for statement in PREPARE {
        db.execute_unprepared(statement).await?;
    }
    for (table, _) in TABLES.iter().filter(|(table, _)| *table != "case_event") {
        db.execute_unprepared(&format!("CREATE TABLE of_{table} AS SELECT * FROM {table}")).await?;
    }
    // Two at a time: the machine has as many processors.
    let (events, others) = TABLES.split_at(2);
    let first = async { fill(url, &events[1], copies).await };
    let second = async {
        for table in [&others[3], &others[0], &events[0], &others[1], &others[2]] {
            fill(url, table, copies).await?;
        }
        anyhow::Ok(())
    };
    tokio::try_join!(first, second)?;
    db.execute_unprepared(&format!(
        "UPDATE case_counter SET last = CASE name WHEN 'seq' THEN events * {copies} ELSE span * {} END FROM of_all",
        copies + 1
    ))
    .await?;
    for statement in ["VACUUM (ANALYZE)", "CHECKPOINT"] {
        db.execute_unprepared(statement).await?;
    }
    db.close().await?;
    Ok(())
}

/// A connection of its own, which does not wait for the disk.
async fn alone(url: &str) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await?;
    for setting in ["synchronous_commit = off", "maintenance_work_mem = '1GB'"] {
        db.execute_unprepared(&format!("SET {setting}")).await?;
    }
    Ok(db)
}

/// One table, emptied and filled in one transaction, without indexes until it is full: then nothing is logged.
async fn fill(url: &str, (table, changed): &(&str, &[(&str, &str)]), copies: usize) -> anyhow::Result<()> {
    let db = alone(url).await?;
    let all = |sql: String| {
        let db = &db;
        async move {
            let rows = db
                .query_all_raw(sea_orm::Statement::from_string(sea_orm::DatabaseBackend::Postgres, sql))
                .await?;
            rows.iter().map(|row| row.try_get_by_index::<String>(0)).collect::<Result<Vec<_>, _>>()
        }
    };
    let columns = all(format!(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 \
         AND NOT attisdropped ORDER BY attnum"
    ))
    .await?;
    let keys = all(format!(
        "SELECT conname || '|' || pg_get_constraintdef(oid) FROM pg_constraint \
         WHERE conrelid = '{table}'::regclass AND contype IN ('p', 'u')"
    ))
    .await?;
    let indexes = all(format!(
        "SELECT indexname || '|' || indexdef FROM pg_indexes WHERE tablename = '{table}' AND indexname NOT IN \
         (SELECT conname FROM pg_constraint WHERE conrelid = '{table}'::regclass)"
    ))
    .await?;
    let value = |column: &String| {
        let own = changed.iter().find(|(name, _)| name == column);
        own.map_or_else(|| format!("t.\"{column}\""), |(_, value)| (*value).to_string())
    };
    #[allow(clippy::disallowed_methods, reason = "PostgreSQL alone")]
    let tx = db.begin().await?;
    for (name, _) in keys.iter().filter_map(|key| key.split_once('|')) {
        tx.execute_unprepared(&format!("ALTER TABLE {table} DROP CONSTRAINT \"{name}\"")).await?;
    }
    for (name, _) in indexes.iter().filter_map(|index| index.split_once('|')) {
        tx.execute_unprepared(&format!("DROP INDEX \"{name}\"")).await?;
    }
    tx.execute_unprepared(&format!("TRUNCATE {table}")).await?;
    let names = columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
    let values = columns.iter().map(value).collect::<Vec<_>>().join(", ");
    // In the order of copies: rows of one time stand together, as they do where they came in one after another.
    for from in (0..copies).step_by(50) {
        let to = (from + 50).min(copies) - 1;
        tx.execute_unprepared(&format!(
            "INSERT INTO {table} ({names}) SELECT {values} FROM generate_series({from}::bigint, {to}::bigint) k, \
             of_{table} t, of_all"
        ))
        .await?;
    }
    for (name, definition) in keys.iter().filter_map(|key| key.split_once('|')) {
        tx.execute_unprepared(&format!("ALTER TABLE {table} ADD CONSTRAINT \"{name}\" {definition}")).await?;
    }
    for (_, definition) in indexes.iter().filter_map(|index| index.split_once('|')) {
        tx.execute_unprepared(definition).await?;
    }
    tx.commit().await?;
    db.close().await?;
    Ok(())
}
