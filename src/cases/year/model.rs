//! Years of the calendar that were published while the program runs.

/// One year, and how far the clocks were counted anew with it.
pub mod work_year {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "work_year")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
        /// A [`Year`](crate::base::calendar::Year), as JSON.
        pub content: String,
        pub published_by: String,
        pub published_at: DateTimeUtc,
        /// Cases to look at, those looked at, and those of which an end moved.
        pub total: i64,
        pub done: i64,
        pub moved: i64,
        /// The last case that was looked at.
        pub cursor: Option<Uuid>,
        pub finished_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
