//! When a meeting reminds by itself, and the kinds of what it tells.

/// An organiser's choice for one meeting; a meeting without a row has [`super::Plan::default`].
pub mod plan {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "meeting_reminder")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub meeting_id: Uuid,
        pub day_before: bool,
        pub hour_before: bool,
        pub after_start: bool,
        pub on_change: bool,
        pub on_vote: bool,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a meeting tells its people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    NotSignedIn,
    Invitation,
    Changed,
    Cancelled,
    DayBefore,
    HourBefore,
    Materials,
}

impl Kind {
    pub const EACH: [Kind; 7] = [
        Kind::NotSignedIn,
        Kind::Invitation,
        Kind::Changed,
        Kind::Cancelled,
        Kind::DayBefore,
        Kind::HourBefore,
        Kind::Materials,
    ];

    /// As stored, as the API says it, and as the operator's templates name it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::NotSignedIn => "not_signed_in",
            Kind::Invitation => "invitation",
            Kind::Changed => "changed",
            Kind::Cancelled => "cancelled",
            Kind::DayBefore => "day_before",
            Kind::HourBefore => "hour_before",
            Kind::Materials => "materials",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Kind::NotSignedIn => "提醒未到",
            Kind::Invitation => "会议通知",
            Kind::Changed => "会议变更",
            Kind::Cancelled => "会议取消",
            Kind::DayBefore => "会前一天提醒",
            Kind::HourBefore => "会前一小时提醒",
            Kind::Materials => "材料更新",
        }
    }

    pub fn parse(word: &str) -> Option<Kind> {
        Kind::EACH.into_iter().find(|kind| kind.word() == word)
    }

    /// Whoever is there already needs none.
    pub fn is_for_missing(self) -> bool {
        matches!(self, Kind::NotSignedIn | Kind::DayBefore | Kind::HourBefore)
    }

    /// Of no use to somebody who has leave. A change or a cancellation is: they may be able to come at another time.
    pub fn is_for_coming(self) -> bool {
        !matches!(self, Kind::Changed | Kind::Cancelled)
    }

    /// Says nothing new, so that people are left in peace for a while after one.
    pub fn is_paced(self) -> bool {
        self.is_for_missing()
    }
}
