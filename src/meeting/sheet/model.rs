//! Tables of filed sheets.

/// One state of a meeting's 签到表 as it was filed, by its number within the meeting.
pub mod sheet_revision {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sheet_revision")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub meeting_id: Uuid,
        pub number: i32,
        /// Printed on the sheet: 32 hexadecimal digits.
        #[sea_orm(unique)]
        pub digest: String,
        /// Hash of what the sheet says; the same again is the same revision.
        pub facts: String,
        /// Of the attendance log when it was read.
        pub version: i64,
        pub created_by: String,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A file that was made of a revision, by the hash of its bytes.
pub mod sheet_file {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sheet_file")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: String,
        pub revision_id: Uuid,
        pub form: String,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The columns of the 签到表 that a member of staff chose.
pub mod sheet_choice {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sheet_choice")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub staff_id: Uuid,
        pub columns: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What is made of a revision of the 签到表.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Xlsx,
    Pdf,
    /// The whole attendance log.
    Log,
}

impl Form {
    pub fn word(self) -> &'static str {
        match self {
            Form::Xlsx => "xlsx",
            Form::Pdf => "pdf",
            Form::Log => "log",
        }
    }

    /// As pages say it.
    pub fn zh(self) -> &'static str {
        match self {
            Form::Xlsx => "Excel 签到表",
            Form::Pdf => "PDF 签到表",
            Form::Log => "签到流水",
        }
    }

    pub fn parse(word: &str) -> Option<Form> {
        [Form::Xlsx, Form::Pdf, Form::Log].into_iter().find(|form| form.word() == word)
    }
}
