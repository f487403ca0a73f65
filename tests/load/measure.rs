//! Runs many exchanges over some connections and tells how long they took.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::http::Connection;

/// What a run came to.
pub struct Figures {
    pub count: usize,
    pub wall: Duration,
    latencies: Vec<Duration>,
}

impl Figures {
    pub fn of(wall: Duration, mut latencies: Vec<Duration>) -> Figures {
        latencies.sort_unstable();
        Figures { count: latencies.len(), wall, latencies }
    }

    pub fn per_second(&self) -> f64 {
        self.count as f64 / self.wall.as_secs_f64()
    }

    pub fn percentile(&self, percent: usize) -> Duration {
        let index = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(index).copied().unwrap_or_default()
    }

    pub fn line(&self, what: &str) -> String {
        format!(
            "{what:<44} {:>9.0}/s   p50 {:>8.2} ms   p99 {:>8.2} ms   ({} in {:.2} s)",
            self.per_second(),
            self.percentile(50).as_secs_f64() * 1000.0,
            self.percentile(99).as_secs_f64() * 1000.0,
            self.count,
            self.wall.as_secs_f64(),
        )
    }
}

/// Judges one answer: the request's index, the status, the body.
pub type Check = Arc<dyn Fn(usize, u16, &str) -> anyhow::Result<()> + Send + Sync>;

/// Sends every request once, shared out over `connections`; `check` sees every answer.
pub async fn send_all(
    address: &str,
    connections: usize,
    requests: Arc<Vec<Vec<u8>>>,
    check: Check,
) -> anyhow::Result<Figures> {
    let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let started = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (requests, check, next, address) =
            (requests.clone(), check.clone(), next.clone(), address.to_string());
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let mut latencies = Vec::with_capacity(requests.len() / 16);
            loop {
                let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some(request) = requests.get(index) else { return anyhow::Ok(latencies) };
                let sent = Instant::now();
                let answer = connection.exchange(request).await?;
                latencies.push(sent.elapsed());
                check(index, answer.status, answer.text())?;
            }
        }));
    }
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    Ok(Figures::of(started.elapsed(), latencies))
}
