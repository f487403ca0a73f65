//! The database gone, a row that does not agree with its log, and what is malformed.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use yishiting::base::error::Coded;
use yishiting::cases::model::case_file;
use yishiting::cases::{photo, verify};

use crate::support::town::Town;

#[tokio::test]
async fn without_the_database_a_case_is_refused_and_may_be_sent_again() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let filing = town.filing(chen);
    town.app.lose_database().await;
    assert_eq!(town.try_file(filing).await.unwrap_err().code(), "unavailable");
}

#[tokio::test]
async fn a_row_that_somebody_changed_by_hand_is_found() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.forwarded(chen, "jsj").await;
    case_file::Entity::update_many()
        .col_expr(case_file::Column::LeadUnit, Expr::value("jtj"))
        .filter(case_file::Column::Id.eq(case.id))
        .exec(town.base.db.read())
        .await
        .unwrap();
    let verdict = verify::verify(&town.cases, |_| {}).await.unwrap();
    assert_eq!(verdict.differences.len(), 1);
    assert!(verdict.differences[0].starts_with(&case.public_no.to_string()), "{:?}", verdict.differences);
}

#[tokio::test]
async fn what_is_empty_too_long_or_elsewhere_is_said_by_field() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let base = town.filing(chen);
    let long = "诉".repeat(4001);
    for (filing, field) in [
        (
            {
                let mut it = base.clone();
                it.title = String::new();
                it
            },
            "title",
        ),
        (
            {
                let mut it = base.clone();
                it.title = "灯\n灯".to_string();
                it
            },
            "title",
        ),
        (
            {
                let mut it = base.clone();
                it.body = long;
                it
            },
            "body",
        ),
        (
            {
                let mut it = base.clone();
                it.category = "nothing".to_string();
                it
            },
            "category",
        ),
        (
            {
                let mut it = base.clone();
                it.spot = Some((39.9, 116.4));
                it
            },
            "place",
        ),
        (
            {
                let mut it = base.clone();
                it.accused_unit = Some("nobody".to_string());
                it
            },
            "accused_unit",
        ),
    ] {
        let error = town.try_file(filing).await.unwrap_err();
        assert_eq!(error.field(), Some(field));
    }
    let mut whole = base;
    whole.body = "诉".repeat(4000);
    town.try_file(whole).await.unwrap();
}

#[tokio::test]
async fn a_photo_that_is_none_is_refused() {
    let town = Town::open().await;
    for bytes in [Vec::new(), b"<script>alert(1)</script>".to_vec(), vec![0xff, 0xd8, 0xff, 0xe0, 0, 0]] {
        assert_eq!(photo::keep(&town.cases, bytes).await.unwrap_err().code(), "case_photo");
    }
}
