//! Tables of the agenda and of materials, and the words for who may see them when.

use crate::meeting::model::{Role, words};

/// A point of a meeting's agenda.
pub mod agenda_item {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "agenda_item")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub meeting_id: Uuid,
        /// Order in the agenda, from 0.
        pub rank: i32,
        pub title: String,
        /// Who speaks; may be empty.
        pub speaker: String,
        pub starts_at: Option<DateTimeUtc>,
        pub ends_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A file of a meeting, or of a point of its agenda, as readers know it: its name stays while versions come and go.
pub mod material {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "material")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub meeting_id: Uuid,
        pub agenda_item_id: Option<Uuid>,
        /// Order within its point of the agenda.
        pub rank: i32,
        pub name: String,
        pub visibility: String,
        /// Roles that may see it, with commas between; empty: all.
        pub roles: String,
        pub may_view: bool,
        pub may_download: bool,
        /// 内部: pages and downloads carry the reader's name.
        pub internal: bool,
        /// The number of the version that readers get.
        pub version: i32,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
        pub withdrawn_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One uploaded file of a material.
pub mod material_version {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "material_version")]
    pub struct Model {
        /// The operation that made it: a repeat finds it made.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub material_id: Uuid,
        /// 1, 2, 3 … within the material.
        pub number: i32,
        /// Which document it is.
        pub hash: String,
        pub file_name: String,
        pub bytes: i64,
        pub uploaded_at: DateTimeUtc,
        /// A staff user name.
        pub uploaded_by: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What one person read of one version.
pub mod material_reading {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "material_reading")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub material_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i32,
        /// Where they stopped; 0: no page was seen.
        pub last_page: i32,
        pub furthest: i32,
        pub opens: i32,
        pub downloads: i32,
        pub first_at: DateTimeUtc,
        pub last_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A browser that holds a person's materials for a short time.
pub mod material_pull {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "material_pull")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Of the browser's cookie; the cookie itself is nowhere.
        #[sea_orm(unique)]
        pub token_hash: String,
        pub person_id: Uuid,
        /// What the browser calls itself, shortened.
        pub browser: String,
        pub opened_at: DateTimeUtc,
        pub ends_at: DateTimeUtc,
        /// Ended by the person, before its time.
        pub ended_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

words! {
    /// From when on a material may be seen by those who may see it at all.
    Visibility {
        /// By everybody on the roster as soon as it is there, by others after signing in.
        Before = "before", "会前可看";
        SignedIn = "signed_in", "签到后可看";
        /// When the meeting is over.
        After = "after", "会后可看";
    }
}

impl material::Model {
    pub fn visibility(&self) -> Visibility {
        Visibility::parse(&self.visibility).unwrap_or(Visibility::SignedIn)
    }

    /// The roles that may see it; empty: all.
    pub fn roles(&self) -> Vec<Role> {
        self.roles.split(',').filter_map(Role::parse).collect()
    }
}

/// Roles as the table keeps them.
pub fn roles_text(roles: &[Role]) -> String {
    roles.iter().map(|role| role.word()).collect::<Vec<_>>().join(",")
}
