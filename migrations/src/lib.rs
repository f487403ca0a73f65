//! One file a step, the same on SQLite and PostgreSQL. Expand first; contract in a later release.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

mod m0001_people;
mod m0002_meetings;
mod m0003_idempotency;
mod m0004_scan_times;
mod m0005_documents;
mod m0006_options;
mod m0007_arrival_lookups;
mod m0007_places;
mod m0008_materials;
mod m0008_spot_checks;
mod m0009_sheets;
mod m0010_notices;
mod m0011_presence;
mod m0012_ballots;
mod m0013_polls;
mod m0014_phone_messages;
mod m0015_vote_notices;
mod m0016_movecar;
mod m0017_cases;
mod m0019_case_gram;
mod m0020_case_systems;
mod m0021_case_paper;
mod m0024_case_template;
mod m0025_case_call_back;
mod m0026_case_follow_up;
mod m0027_case_channel;
mod m0028_case_helped;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_people::Migration),
            Box::new(m0002_meetings::Migration),
            Box::new(m0003_idempotency::Migration),
            Box::new(m0004_scan_times::Migration),
            Box::new(m0005_documents::Migration),
            Box::new(m0006_options::Migration),
            Box::new(m0007_places::Migration),
            Box::new(m0008_spot_checks::Migration),
            Box::new(m0007_arrival_lookups::Migration),
            Box::new(m0009_sheets::Migration),
            Box::new(m0008_materials::Migration),
            Box::new(m0010_notices::Migration),
            Box::new(m0011_presence::Migration),
            Box::new(m0012_ballots::Migration),
            Box::new(m0013_polls::Migration),
            Box::new(m0014_phone_messages::Migration),
            Box::new(m0015_vote_notices::Migration),
            Box::new(m0016_movecar::Migration),
            Box::new(m0017_cases::Migration),
            Box::new(m0019_case_gram::Migration),
            Box::new(m0020_case_systems::Migration),
            Box::new(m0021_case_paper::Migration),
            Box::new(m0024_case_template::Migration),
            Box::new(m0025_case_call_back::Migration),
            Box::new(m0026_case_follow_up::Migration),
            Box::new(m0027_case_channel::Migration),
            Box::new(m0028_case_helped::Migration),
        ]
    }
}
