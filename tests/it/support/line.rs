//! The way to Redis, for tests in which it goes away.

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The line to Redis, which can be cut. Where a test has no Redis it leads nowhere.
pub struct Line {
    /// As the server is to know it.
    pub url: String,
    pub leads_somewhere: bool,
    is_whole: watch::Sender<bool>,
}

impl Line {
    /// In front of the Redis of `url`.
    pub fn before(url: Option<String>) -> Line {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut own = url::Url::parse(url.as_deref().unwrap_or("redis://127.0.0.1")).unwrap();
        let to = url.map(|_| format!("{}:{}", own.host_str().unwrap(), own.port().unwrap()));
        own.set_port(Some(port)).unwrap();
        let (leads_somewhere, (is_whole, state)) = (to.is_some(), watch::channel(true));
        tokio::spawn(carry(TcpListener::from_std(listener).unwrap(), to, state));
        Line { url: own.into(), leads_somewhere, is_whole }
    }

    pub fn cut(&self) {
        self.is_whole.send_replace(false);
    }

    pub fn mend(&self) {
        self.is_whole.send_replace(true);
    }
}

async fn carry(listener: TcpListener, to: Option<String>, state: watch::Receiver<bool>) {
    while let Ok((mut near, _)) = listener.accept().await {
        let (Some(to), true) = (to.clone(), *state.borrow()) else { continue };
        let mut state = state.clone();
        tokio::spawn(async move {
            let mut far = TcpStream::connect(to).await.unwrap();
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = state.wait_for(|is_whole| !is_whole) => {}
            }
        });
    }
}
