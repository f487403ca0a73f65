//! The log: on standard error, as text for a person at a terminal, else as JSON for machines.

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::base::config::{Config, LogFormat};

/// Starts the log at the configured level. Called once.
pub fn start(config: &Config) -> anyhow::Result<()> {
    let filter = filter(&config.log).with_context(|| {
        format!("log：「{}」不是日志级别，应为 error、warn、info、debug 之一。", config.log)
    })?;
    let as_text = match config.log_format {
        Some(format) => format == LogFormat::Text,
        None => std::io::stderr().is_terminal(),
    };
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    if as_text {
        registry.with(layer.with_ansi(std::io::stderr().is_terminal())).try_init()?;
    } else {
        registry.with(layer.json().flatten_event(true)).try_init()?;
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(place, what, "a defect in the program; the request it happened in was given up");
    }));
    Ok(())
}

/// Reads `info` or `info,yishiting::wechat=debug`. A lone word that is no level would silently name a module.
fn filter(text: &str) -> Option<EnvFilter> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let parts = text.split(',').map(str::trim);
    if !parts.into_iter().all(|part| LEVELS.contains(&part) || part.contains('=')) {
        return None;
    }
    // The migrator reports at every start that it has nothing to do.
    EnvFilter::builder().parse(format!("sea_orm_migration=warn,{text}")).ok()
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn levels_are_taken_and_slips_are_not() {
        for good in ["info", "off", "info,yishiting::wechat=debug"] {
            assert!(filter(good).is_some(), "{good}");
        }
        for bad in ["verbose", "", "info,", "a=b=c"] {
            assert!(filter(bad).is_none(), "{bad}");
        }
    }
}
