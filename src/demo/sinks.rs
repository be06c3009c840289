//! Where the demo's alerts arrive: a small SMTP server and a small webhook receiver, on loopback.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::post;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A mail larger than this ends its connection.
const MAIL_MAX: usize = 1 << 20;

/// What has arrived.
#[derive(Debug, Clone, Default)]
pub(super) struct Received {
    inner: Arc<Mutex<Inbox>>,
}

#[derive(Debug, Default)]
struct Inbox {
    mails: Vec<String>,
    posts: Vec<String>,
}

impl Received {
    /// The newest mail that has `text` in it.
    pub(super) fn mail(&self, text: &str) -> Option<String> {
        self.with(|inbox| inbox.mails.iter().rev().find(|mail| mail.contains(text)).cloned())
    }

    /// The newest webhook body that has `text` in it.
    pub(super) fn post(&self, text: &str) -> Option<String> {
        self.with(|inbox| inbox.posts.iter().rev().find(|post| post.contains(text)).cloned())
    }

    fn with<T>(&self, read: impl FnOnce(&mut Inbox) -> T) -> T {
        read(&mut self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// Starts both; gives the addresses for mail and for webhooks.
pub(super) async fn start(received: &Received) -> std::io::Result<(SocketAddr, SocketAddr)> {
    let smtp = TcpListener::bind("127.0.0.1:0").await?;
    let web = TcpListener::bind("127.0.0.1:0").await?;
    let addresses = (smtp.local_addr()?, web.local_addr()?);
    let mails = received.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = smtp.accept().await {
            let mails = mails.clone();
            tokio::spawn(async move {
                if let Err(error) = take_mail(stream, &mails).await {
                    tracing::debug!(%error, "a mail connection ended early");
                }
            });
        }
    });
    let posts = received.clone();
    let app = Router::new().route(
        "/alerts",
        post(move |body: String| async move {
            posts.with(|inbox| inbox.posts.push(body));
        }),
    );
    tokio::spawn(async move { axum::serve(web, app).await });
    Ok(addresses)
}

/// One SMTP conversation (RFC 5321), without extensions.
async fn take_mail(stream: TcpStream, received: &Received) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 demo ESMTP\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let verb = line.split_ascii_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" | "HELO" => "250 demo",
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while let Some(line) = lines.next_line().await?
                    && line != "."
                    && mail.len() < MAIL_MAX
                {
                    mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.push('\n');
                }
                received.with(|inbox| inbox.mails.push(plain(&mail)));
                "250 taken"
            }
            _ => "250 ok",
        };
        write.write_all(answer.as_bytes()).await?;
        write.write_all(b"\r\n").await?;
    }
    Ok(())
}

/// Subject, sender, recipient and the text part, decoded for a terminal.
fn plain(mail: &str) -> String {
    let (head, body) = mail.split_once("\n\n").unwrap_or((mail, ""));
    let head = head.replace("\n ", " ").replace("\n\t", " ");
    let mut text: String = head
        .lines()
        .filter(|line| ["From: ", "To: ", "Subject: "].iter().any(|name| line.starts_with(name)))
        .fold(String::new(), |all, line| all + line + "\n");
    let part = body.split_once("Content-Type: text/plain").map_or(body, |(_, part)| part);
    let (head, part) = part.split_once("\n\n").unwrap_or(("", part));
    let part = part.split("\n--").next().unwrap_or(part);
    text.push('\n');
    text.push_str(&if head.to_ascii_lowercase().contains("quoted-printable") {
        unquote(part)
    } else {
        part.to_owned()
    });
    text
}

/// Quoted-printable (RFC 2045 §6.7).
fn unquote(text: &str) -> String {
    let joined = text.replace("=\n", "");
    let mut bytes = Vec::with_capacity(joined.len());
    let mut rest = joined.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex =
            if *first == b'=' { tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()) } else { None };
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
