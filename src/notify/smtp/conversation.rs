//! One conversation with a smarthost (RFC 5321), in its steps. Whoever drives it gives each of them a deadline.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::address::Envelope;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::hello::Hello;
use super::offer::Offer;
use crate::config::LoginKind;

/// A line of an answer is no longer: eight times what RFC 5321 allows.
const LINE_MAX: u64 = 4096;
/// An answer has no more lines.
const LINES_MAX: usize = 128;

/// What stands for a secret, and for a part of one that is at least this long.
const BLOT: &str = "[…]";
const PIECE: usize = 6;

/// A connection, protected or not.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// What a smarthost answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) lines: Vec<String>,
}

/// A step did not do what it was for.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("it answered {0}")]
    Refused(Reply),
    #[error("connection error: {0}")]
    Connection(#[from] std::io::Error),
    #[error("{0}")]
    Odd(String),
}

/// An open conversation.
pub(super) struct Conversation {
    wire: BufReader<Box<dyn Wire>>,
    hello: Hello,
    offer: Offer,
    /// What an answer might repeat and nobody may read.
    secrets: Vec<String>,
}

impl Reply {
    /// What it says, in one line with its code.
    pub(super) fn text(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" ")).trim_end().to_owned()
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl Conversation {
    /// Connects, with TLS from the first byte where a configuration for that is given, and hears the greeting.
    pub(super) async fn connect(
        (host, port): (&str, u16),
        tls: Option<Arc<ClientConfig>>,
        hello: impl FnOnce(IpAddr) -> Hello,
    ) -> Result<Self, Trouble> {
        let tcp = TcpStream::connect((host, port)).await?;
        let hello = hello(tcp.local_addr()?.ip());
        let wire: Box<dyn Wire> = match tls {
            Some(tls) => Box::new(TlsConnector::from(tls).connect(name(host)?, tcp).await?),
            None => Box::new(tcp),
        };
        let (offer, secrets) = (Offer::default(), Vec::new());
        let mut talk = Self { wire: BufReader::new(wire), hello, offer, secrets };
        talk.answer().await?;
        talk.greet().await?;
        Ok(talk)
    }

    /// Says who calls, and hears what the other can do.
    async fn greet(&mut self) -> Result<(), Trouble> {
        let reply = match self.command(&format!("EHLO {}", self.hello)).await {
            // Whoever does not know EHLO can still take a mail.
            Err(Trouble::Refused(Reply { code: 500 | 502 | 504, .. })) => {
                let reply = self.command(&format!("HELO {}", self.hello)).await?;
                Reply { lines: Vec::new(), ..reply }
            }
            other => other?,
        };
        self.offer = Offer::read(&reply.lines);
        Ok(())
    }

    /// Goes on under TLS, and greets again: what was offered in the open counts for nothing.
    pub(super) async fn start_tls(mut self, host: &str, tls: Arc<ClientConfig>) -> Result<Self, Trouble> {
        if !self.offer.starttls {
            return Err(Trouble::Odd("it does not offer STARTTLS".to_owned()));
        }
        self.command("STARTTLS").await?;
        if !self.wire.buffer().is_empty() {
            // Somebody on the way has put something in, to be taken for an answer under TLS.
            return Err(Trouble::Odd("it said more than was asked before TLS began".to_owned()));
        }
        let protected = TlsConnector::from(tls).connect(name(host)?, self.wire.into_inner()).await?;
        self.wire = BufReader::new(Box::new(protected));
        self.greet().await?;
        Ok(self)
    }

    /// Logs in by the first way that both know.
    pub(super) async fn log_in(&mut self, user: &str, secret: &str, kind: LoginKind) -> Result<(), Trouble> {
        let ways: &[&str] = match kind {
            LoginKind::Password => &["PLAIN", "LOGIN"],
            LoginKind::Token => &["XOAUTH2"],
        };
        let Some(way) = ways.iter().find(|way| self.offer.logins.iter().any(|offered| offered == *way))
        else {
            let offered = self.offer.logins.join(", ");
            let offered = if offered.is_empty() { "no login".to_owned() } else { format!("only {offered}") };
            return Err(Trouble::Odd(format!("it offers {offered}, and golive wants {}", ways.join(" or "))));
        };
        let plain = STANDARD.encode(format!("\0{user}\0{secret}"));
        let token = STANDARD.encode(format!("user={user}\x01auth=Bearer {secret}\x01\x01"));
        let (name, password) = (STANDARD.encode(user), STANDARD.encode(secret));
        self.secrets =
            [plain.clone(), token.clone(), password.clone(), name.clone(), secret.to_owned()].into();
        // What is sent at once, and what is sent whenever more is asked for.
        let (first, more) = match *way {
            "PLAIN" => (format!("AUTH PLAIN {plain}"), vec![plain]),
            // A refusal has its reasons first, which have to be acknowledged.
            "XOAUTH2" => (format!("AUTH XOAUTH2 {token}"), vec![String::new()]),
            _ => ("AUTH LOGIN".to_owned(), vec![name, password]),
        };
        let mut reply = self.command(&first).await?;
        for line in more {
            if reply.code != 334 {
                break;
            }
            reply = self.command(&line).await?;
        }
        if reply.code == 334 {
            Err(Trouble::Odd("it asks for more than a login needs".to_owned()))
        } else {
            Ok(())
        }
    }

    /// Hands a mail over.
    pub(super) async fn send(&mut self, envelope: &Envelope, mail: &[u8]) -> Result<Reply, Trouble> {
        let addresses = envelope.from().into_iter().chain(envelope.to());
        let utf8 = !addresses.into_iter().all(|address| <_ as AsRef<str>>::as_ref(address).is_ascii());
        if utf8 && !self.offer.utf8 {
            let why = "it takes no addresses with other letters than ASCII's (SMTPUTF8)";
            return Err(Trouble::Odd(why.to_owned()));
        }
        let utf8 = if utf8 { " SMTPUTF8" } else { "" };
        let body = if !mail.is_ascii() && self.offer.eight_bit { " BODY=8BITMIME" } else { "" };
        let from = envelope.from().map(ToString::to_string).unwrap_or_default();
        self.command(&format!("MAIL FROM:<{from}>{body}{utf8}")).await?;
        for to in envelope.to() {
            self.command(&format!("RCPT TO:<{to}>")).await?;
        }
        self.command("DATA").await?;
        self.wire.write_all(&stuffed(mail)).await?;
        self.wire.flush().await?;
        self.answer().await
    }

    pub(super) async fn quit(&mut self) -> Result<(), Trouble> {
        self.command("QUIT").await.map(drop)
    }

    async fn command(&mut self, line: &str) -> Result<Reply, Trouble> {
        self.wire.write_all(format!("{line}\r\n").as_bytes()).await?;
        self.wire.flush().await?;
        self.answer().await
    }

    /// One answer, of one line or more; anything but a yes is trouble.
    async fn answer(&mut self) -> Result<Reply, Trouble> {
        let mut reply = Reply { code: 0, lines: Vec::new() };
        loop {
            let mut line = Vec::new();
            (&mut self.wire).take(LINE_MAX).read_until(b'\n', &mut line).await?;
            if line.is_empty() {
                return Err(Trouble::Connection(std::io::ErrorKind::UnexpectedEof.into()));
            }
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let odd = || Trouble::Odd(format!("it said \"{}\", which is no answer", self.redact(&line)));
            let digits = line.get(..3).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
            reply.code = digits.and_then(|code| code.parse().ok()).ok_or_else(odd)?;
            let rest = line.get(3..).unwrap_or_default();
            let more = rest.starts_with('-');
            reply.lines.push(self.redact(rest.get(1..).unwrap_or_default().trim()));
            if reply.lines.len() > LINES_MAX {
                return Err(Trouble::Odd("its answer does not end".to_owned()));
            }
            if !more {
                break;
            }
        }
        if (200..400).contains(&reply.code) { Ok(reply) } else { Err(Trouble::Refused(reply)) }
    }

    /// Servers quote the line that they refuse, whatever stands in it.
    fn redact(&self, text: &str) -> String {
        let secrets = self.secrets.iter().filter(|secret| secret.len() >= 4);
        let whole = secrets.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), BLOT));
        let word = |byte: char| byte.is_ascii_alphanumeric() || "+/=".contains(byte);
        let mut rest = whole.as_str();
        let mut told = String::new();
        while let Some(begin) = rest.find(word) {
            let (before, from) = rest.split_at(begin);
            let (piece, after) = from.split_at(from.find(|byte| !word(byte)).unwrap_or(from.len()));
            told.push_str(before);
            told.push_str(if self.is_piece(piece) { BLOT } else { piece });
            rest = after;
        }
        told + rest
    }

    /// Some servers cut the line that they quote, or write it in capitals.
    fn is_piece(&self, word: &str) -> bool {
        let word = word.to_ascii_lowercase();
        word.len() >= PIECE && self.secrets.iter().any(|secret| secret.to_ascii_lowercase().contains(&word))
    }
}

fn name(host: &str) -> Result<ServerName<'static>, Trouble> {
    ServerName::try_from(host.to_owned()).map_err(|error| Trouble::Odd(format!("\"{host}\": {error}")))
}

/// The mail as it goes over the wire: lines end as they have to, no line is a dot alone but the last (RFC 5321 §4.5.2).
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(mail.len() + 64);
    let (mut start, mut before) = (true, 0);
    for byte in mail {
        if start && *byte == b'.' {
            wire.push(b'.');
        }
        if *byte == b'\n' && before != b'\r' {
            wire.push(b'\r');
        }
        wire.push(*byte);
        (start, before) = (*byte == b'\n', *byte);
    }
    if !start {
        wire.extend(b"\r\n");
    }
    wire.extend(b".\r\n");
    wire
}

#[cfg(test)]
mod tests {
    use super::stuffed;

    #[test]
    fn no_line_of_a_mail_ends_it() {
        for (mail, wire) in [
            ("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"),
            (".a", "..a\r\n.\r\n"),
            ("a\n.b\n", "a\r\n..b\r\n.\r\n"),
            ("", ".\r\n"),
            ("a.b\r\n", "a.b\r\n.\r\n"),
        ] {
            assert_eq!(String::from_utf8(stuffed(mail.as_bytes())).unwrap(), wire, "{mail:?}");
        }
    }
}
