//! The tables of documents, and the words for their states.

/// One uploaded file, whoever uploaded it and under whatever name: the same bytes are converted once.
pub mod document {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "document")]
    pub struct Model {
        /// SHA-256 of the bytes, in hexadecimal.
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: String,
        /// What the content is: see [`crate::document::Kind`].
        pub kind: String,
        pub bytes: i64,
        pub state: String,
        /// Known once the converter has counted them.
        pub pages: Option<i32>,
        /// Why there is no preview: a code of the error table.
        pub reason: Option<String>,
        /// Conversions begun since the last one that worked.
        pub tries: i32,
        /// Fonts that the document names and this machine lacks, one a line.
        pub fonts: String,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A page whose picture is ready.
pub mod document_page {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "document_page")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: String,
        /// From 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i32,
        /// Pixels of the picture for phones.
        pub width: i32,
        pub height: i32,
        /// What is written on it, for searching.
        pub text: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Where a document stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Waiting,
    Converting,
    Ready,
    Failed,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Converting => "converting",
            State::Ready => "ready",
            State::Failed => "failed",
        }
    }

    /// Anything unknown reads as failed: then nothing is promised.
    pub fn of(name: &str) -> State {
        match name {
            "waiting" => State::Waiting,
            "converting" => State::Converting,
            "ready" => State::Ready,
            _ => State::Failed,
        }
    }
}
