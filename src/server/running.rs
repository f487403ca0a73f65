//! A server at work, and how it stops.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::base::Base;

/// In all, a stop takes no longer than ten seconds: background work first, then requests, then the database.
const FINISH_TASKS: Duration = Duration::from_secs(4);
pub(super) const FINISH_REQUESTS_SECONDS: u64 = 4;
const FINISH: Duration = Duration::from_secs(9);

/// A server at work.
pub struct Running {
    pub(super) base: Base,
    pub(super) address: SocketAddr,
    pub(super) handle: ServerHandle,
    pub(super) served: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Where it listens, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until a signal comes, then stops as [`Running::stop`] does. A second signal stops at once.
    pub async fn until_told_to_stop(mut self, mut signals: Signals) -> anyhow::Result<()> {
        tokio::select! {
            signal = signals.next() => tracing::info!("收到 {signal}，正在停止"),
            ended = &mut self.served => {
                ended??;
                anyhow::bail!("HTTP 服务意外结束");
            }
        }
        tokio::select! {
            () = self.stop() => Ok(()),
            _ = signals.next() => anyhow::bail!("再次收到停止信号，已立即停止，未完成的请求已中断"),
        }
    }

    /// Finishes what is in flight within ten seconds: streams end and workers put down their tools, background
    /// work and requests end, and the database is closed.
    pub async fn stop(self) {
        let Running { base, handle, served, .. } = self;
        let deadline = Instant::now() + FINISH;
        base.stopping.cancel();
        base.tasks.close();
        // Background work may live on the threads that serve requests: it goes first.
        handle.pause().await;
        if tokio::time::timeout(FINISH_TASKS, base.tasks.wait()).await.is_err() {
            tracing::warn!(
                left = base.tasks.len(),
                "background work was cut off; jobs in hand will run again"
            );
        }
        if timeout_at(deadline, handle.stop(true)).await.is_err() {
            tracing::warn!("requests were cut off");
        }
        match timeout_at(deadline, served).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(%error, "the HTTP server ended badly"),
            Ok(Err(error)) => tracing::warn!(%error, "the HTTP server ended badly"),
            Err(_) => tracing::warn!("the HTTP server did not end in time"),
        }
        match timeout_at(deadline, base.db.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the database did not close well"),
            Err(_) => tracing::warn!("the database did not close in time"),
        }
    }
}

/// SIGTERM and SIGINT. Heard from the moment this exists: make it before anybody is told that the server is ready.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub fn listen() -> std::io::Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
