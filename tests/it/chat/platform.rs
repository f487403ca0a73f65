//! The platform's own server, as far as late answers need it.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpServer, web};
use serde_json::Value;

pub struct Platform {
    pub address: String,
    sent: Arc<Mutex<Vec<Value>>>,
    answer: Arc<Mutex<&'static str>>,
}

impl Platform {
    pub fn start() -> Platform {
        yishiting::server::install_crypto();
        let (sent, answer) = (Arc::<Mutex<Vec<Value>>>::default(), Arc::new(Mutex::new("{}")));
        let (sends, answers) = (sent.clone(), answer.clone());
        let server = HttpServer::new(move || {
            let (sends, answers) = (sends.clone(), answers.clone());
            let send = move |message: web::Json<Value>| {
                sends.lock().unwrap().push(message.into_inner());
                let answer = *answers.lock().unwrap();
                async move { answer }
            };
            App::new()
                .route(
                    "/cgi-bin/stable_token",
                    web::post().to(async || r#"{"access_token":"T","expires_in":7200}"#),
                )
                .route("/cgi-bin/message/custom/send", web::post().to(send))
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let address = format!("http://{}", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        Platform { address, sent, answer }
    }

    /// What every message is answered from now on.
    pub fn answers(&self, json: &'static str) {
        *self.answer.lock().unwrap() = json;
    }

    /// The customer-service messages it was asked to send, as `user: text`.
    pub fn sent(&self) -> Vec<String> {
        let text = |message: &Value| {
            format!(
                "{}: {}",
                message["touser"].as_str().unwrap(),
                message["text"]["content"].as_str().unwrap()
            )
        };
        self.sent.lock().unwrap().iter().map(text).collect()
    }
}
