//! `POST /hooks/phone/{provider}/{secret}`: what providers of short messages and calls tell us.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path, PayloadConfig, ServiceConfig, resource};
use actix_web::{HttpRequest, HttpResponse};

use crate::base::Base;
use crate::notify::phone::Phones;
use crate::notify::phone::receipts::{MAX_BODY, ReceiptError, Signature};
use crate::web::client_ip;

pub fn routes(app: &mut ServiceConfig, phones: &Phones) {
    app.service(
        resource("/hooks/phone/{provider}/{secret}")
            .app_data(Data::new(phones.clone()))
            .app_data(PayloadConfig::new(MAX_BODY))
            .post(receive),
    );
}

async fn receive(
    request: HttpRequest,
    base: Data<Base>,
    phones: Data<Phones>,
    path: Path<(String, String)>,
    body: Bytes,
) -> HttpResponse {
    let (provider, secret) = path.into_inner();
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = Signature {
        timestamp: header("x-yst-timestamp"),
        nonce: header("x-yst-nonce"),
        signature: header("x-yst-signature"),
    };
    let from = client_ip(&request, base.config.trusted_proxies);
    let status = match phones.receive(&provider, &secret, from, signed, &body).await {
        Ok(answer) => return HttpResponse::Ok().content_type("application/json").body(answer),
        Err(ReceiptError::Unknown) => StatusCode::NOT_FOUND,
        Err(ReceiptError::Malformed) => {
            tracing::warn!(provider, bytes = body.len(), "a receipt in no form that is known");
            StatusCode::BAD_REQUEST
        }
        Err(error) => {
            // Only now shall the provider try again.
            tracing::error!(provider, %error, "a receipt could not be stored");
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    HttpResponse::build(status).finish()
}
