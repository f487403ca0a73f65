//! `/healthz`: the process answers. `/readyz`: so does everything that it stands on.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig, get};
use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::base::Base;

/// A dependency that takes longer is as good as away.
const PATIENCE: Duration = Duration::from_secs(2);

pub fn routes(app: &mut ServiceConfig) {
    app.service(web::resource("/healthz").route(get().to(alive)));
    app.service(web::resource("/readyz").route(get().to(ready)));
}

async fn alive() -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).body("ok")
}

/// 503 when requests would fail: no database, an old schema, or a stop under way. Without the shared cache
/// everything still works, only slower; without the store of files, everything but uploads and documents.
async fn ready(base: Data<Base>) -> HttpResponse {
    let database = async {
        base.db.ping().await?;
        base.db.pending_migrations().await
    };
    let (database, cache, files) = tokio::join!(
        tokio::time::timeout(PATIENCE, database),
        tokio::time::timeout(PATIENCE, base.cache.ping()),
        tokio::time::timeout(PATIENCE, base.files.ping())
    );
    let database = match database {
        Ok(Ok(0)) => "ok",
        Ok(Ok(_)) => "not_migrated",
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database does not answer");
            "down"
        }
        Err(_) => "down",
    };
    let stopping = base.stopping.is_cancelled();
    let status = match (stopping, database) {
        (true, _) => "stopping",
        (false, "ok") => "ready",
        _ => "unavailable",
    };
    let code = if status == "ready" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    HttpResponse::build(code).insert_header(("Cache-Control", "no-store")).json(json!({
        "status": status,
        "version": env!("CARGO_PKG_VERSION"),
        "database": { "kind": base.db.name(), "status": database },
        "cache": { "kind": base.cache.name(), "status": if cache == Ok(true) { "ok" } else { "down" } },
        "files": { "kind": base.files.name(), "status": if matches!(files, Ok(Ok(()))) { "ok" } else { "down" } },
    }))
}
