//! The listening socket.

use std::net::{TcpListener, ToSocketAddrs};

use anyhow::Context;

use crate::base::config::Config;

/// Connections that wait to be accepted: a hall of people scans within a few seconds.
const BACKLOG: u32 = 4096;

/// Opens the configured address. When the system was asked to choose the port (0), a public address that was left
/// to its default follows.
pub fn listen(config: &mut Config) -> anyhow::Result<TcpListener> {
    let listen = config.listen.clone();
    let listener = bind(&listen).with_context(|| {
        format!("无法监听 {listen}。请检查 listen（YST_LISTEN）的写法，以及端口是否已被其他程序占用")
    })?;
    if config.public_url.port() == Some(0) {
        let port = listener.local_addr()?.port();
        if config.public_url.set_port(Some(port)).is_err() {
            anyhow::bail!("public_url 不能带端口");
        }
    }
    Ok(listener)
}

fn bind(listen: &str) -> std::io::Result<TcpListener> {
    let mut failure = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for address in listen.to_socket_addrs()? {
        let socket =
            if address.is_ipv4() { tokio::net::TcpSocket::new_v4() } else { tokio::net::TcpSocket::new_v6() };
        let bound = socket.and_then(|socket| {
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            socket.listen(BACKLOG)?.into_std()
        });
        match bound {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
