//! The least HTTP/1.1 client that serves: one keep-alive connection, no look at what it does not need, so that the
//! measured program has the processor to itself as far as can be.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer as far as the measurements look at it.
pub struct Answer<'a> {
    pub status: u16,
    head: &'a [u8],
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// Every value of the header `name`.
    pub fn headers<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b str> {
        std::str::from_utf8(self.head).unwrap_or_default().split("\r\n").skip(1).filter_map(move |line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(self.body).unwrap_or_default()
    }
}

pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: &str) -> io::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a whole request and reads the whole answer.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            self.read_some().await?;
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head]).map_err(io::Error::other)?;
        let status =
            text.get(9..12).and_then(|status| status.parse().ok()).ok_or_else(|| broken("no status"))?;
        let length = header(text, "content-length").and_then(|length| length.parse::<usize>().ok());
        match length {
            Some(length) => {
                while self.buffer.len() < head + length {
                    self.read_some().await?;
                }
            }
            None if header(text, "transfer-encoding").is_some() => {
                while !self.buffer.ends_with(b"0\r\n\r\n") {
                    self.read_some().await?;
                }
            }
            None => {}
        }
        Ok(Answer { status, head: &self.buffer[..head], body: &self.buffer[head..] })
    }

    async fn read_some(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(broken("the server hung up")),
            _ => Ok(()),
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split("\r\n").find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn broken(what: &str) -> io::Error {
    io::Error::other(what.to_string())
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// A GET with cookies.
pub fn get(host: &str, path: &str, cookies: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\nUser-Agent: MicroMessenger/8.0.50 load\r\nAccept: text/html\r\n\r\n"
    )
    .into_bytes()
}

/// A POST of a form with cookies.
pub fn post_form(host: &str, path: &str, cookies: &str, form: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\nUser-Agent: MicroMessenger/8.0.50 load\r\nAccept: text/html\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
    .into_bytes()
}

/// A POST of a form with one picture, or none where it is empty, by somebody at the address `from`, as our proxy passes it on.
pub fn post_picture(
    host: &str,
    path: &str,
    cookies: &str,
    from: &str,
    fields: &[(&str, &str)],
    picture: &[u8],
) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let field = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(field.as_bytes());
    }
    if !picture.is_empty() {
        body.extend_from_slice(
            b"--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"car.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n",
        );
        body.extend_from_slice(picture);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\nX-Forwarded-For: {from}\r\nUser-Agent: MicroMessenger/8.0.50 load\r\nAccept: text/html\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.append(&mut body);
    request
}

/// A POST of a body as WeChat sends it.
pub fn post_xml(host: &str, path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
