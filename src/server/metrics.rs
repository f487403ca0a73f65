//! Counting requests, and `/metrics` for Prometheus: from this machine, or with the configured token.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::web::{Data, ServiceConfig, get};
use actix_web::{Error, HttpRequest, HttpResponse, web};
use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use secrecy::ExposeSecret;

use crate::base::Base;
use crate::base::privacy::same;
use crate::jobs::Worker;

/// One recorder a process: libraries count into it by name alone.
static RECORDER: Mutex<Option<PrometheusHandle>> = Mutex::new(None);

/// What each kind of request is counted by. Looked up once at start, so that counting costs an atomic addition.
#[derive(Clone)]
pub struct Metrics {
    areas: Vec<Area>,
    recorder: PrometheusHandle,
    worker: Worker,
}

#[derive(Clone)]
struct Area {
    /// What the path starts with.
    start: &'static str,
    /// By hundreds of the status: 1xx to 5xx.
    responses: [Counter; 5],
    seconds: Histogram,
}

/// Areas of the site; the last takes all that is left.
const AREAS: [(&str, &str); 7] = [
    ("/wechat/callback", "callback"),
    ("/m/", "phone"),
    ("/api/", "api"),
    ("/desk", "desk"),
    ("/screen/", "screen"),
    ("/assets/", "assets"),
    ("/", "other"),
];
const SECONDS: [f64; 9] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 4.0];
/// What histograms collected is summed up this often.
const UPKEEP: Duration = Duration::from_secs(5);

/// The process's recorder, installed by the first who asks; the others wait for it.
fn recorder() -> anyhow::Result<PrometheusHandle> {
    let mut installed = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = installed.as_ref() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_string()), &SECONDS)?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder)?;
    metrics::describe_counter!("http_responses_total", "Responses by area and status class");
    metrics::describe_gauge!("jobs_due", "Jobs that are due and that nobody has in hand");
    metrics::describe_gauge!("jobs_oldest_seconds", "For how long the oldest of them has been due");
    metrics::describe_gauge!("jobs_failed", "Jobs that gave up and wait for a person");
    metrics::describe_histogram!("http_seconds", "Time from request to response, by area");
    *installed = Some(handle.clone());
    Ok(handle)
}

impl Metrics {
    /// Installs the recorder, once a process, and keeps it tidy until the process stops.
    pub fn start(base: &Base, worker: Worker) -> anyhow::Result<Metrics> {
        let recorder = recorder()?;
        let stopping = base.stopping.clone();
        let upkeep = recorder.clone();
        base.tasks.spawn(async move {
            let mut every = tokio::time::interval(UPKEEP);
            while stopping.run_until_cancelled(every.tick()).await.is_some() {
                upkeep.run_upkeep();
            }
        });
        let areas = AREAS.map(|(start, area)| Area {
            start,
            responses: ["1xx", "2xx", "3xx", "4xx", "5xx"]
                .map(|status| metrics::counter!("http_responses_total", "area" => area, "status" => status)),
            seconds: metrics::histogram!("http_seconds", "area" => area),
        });
        Ok(Metrics { areas: areas.into(), recorder, worker })
    }

    fn area(&self, path: &str) -> Option<&Area> {
        self.areas.iter().find(|area| path.starts_with(area.start))
    }
}

/// Middleware: counts and times each response.
pub async fn count(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let metrics = request.app_data::<Data<Metrics>>().cloned();
    let answer = next.call(request).await;
    if let Some(metrics) = metrics
        && let Ok(response) = &answer
        && let Some(area) = metrics.area(response.request().path())
    {
        let class = usize::from(response.status().as_u16() / 100).saturating_sub(1);
        if let Some(counter) = area.responses.get(class) {
            counter.increment(1);
        }
        area.seconds.record(started.elapsed());
    }
    answer
}

pub fn routes(app: &mut ServiceConfig) {
    app.service(web::resource("/metrics").route(get().to(render)));
}

async fn render(request: HttpRequest, base: Data<Base>, metrics: Data<Metrics>) -> HttpResponse {
    if !allowed(&request, &base) {
        // Who may not read it need not know that it is there.
        return HttpResponse::NotFound().finish();
    }
    match metrics.worker.behind().await {
        Ok((due, oldest)) => {
            metrics::gauge!("jobs_due").set(due as f64);
            metrics::gauge!("jobs_oldest_seconds").set(oldest.as_seconds_f64());
        }
        Err(error) => tracing::warn!(%error, "the job queue cannot be read"),
    }
    match metrics.worker.failed().await {
        Ok(failed) => metrics::gauge!("jobs_failed").set(failed as f64),
        Err(error) => tracing::warn!(%error, "the job queue cannot be read"),
    }
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(metrics.recorder.render())
}

/// From this machine, or by the configured token. Behind a proxy everybody seems to come from this machine.
fn allowed(request: &HttpRequest, base: &Base) -> bool {
    let local = base.config.trusted_proxies == 0
        && request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let given =
        request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let known = match (given, &base.config.metrics_token) {
        (Some(given), Some(token)) => same(given.as_bytes(), token.expose_secret().as_bytes()),
        _ => false,
    };
    local || known
}
