//! Mail: one transaction per recipient, threaded by incident, text and HTML.

use std::time::Duration;

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::letter::{Letter, Part};
use super::{Context, Receipt, Refusal, Retry};
use crate::config::{EmailChannel, SmtpTls};
use crate::decide::action::{Notice, Tier};

/// Each step of the conversation ends within this; the whole of it within the delivery's own deadline.
const STEP: Duration = Duration::from_secs(10);

pub(super) async fn send(
    channel: &EmailChannel,
    address: &str,
    notice: &Notice,
    context: &Context<'_>,
) -> Result<Receipt, Refusal> {
    let mail = compose(channel, address, notice, context)
        .map_err(|error| Refusal::never(format!("write a mail to {address}: {error}")))?;
    let smarthost = format!("{}:{}", channel.smtp.host, channel.smtp.port);
    match transport(channel)?.send(mail).await {
        Ok(answer) => {
            let said = answer.message().collect::<Vec<_>>().join(" ");
            Ok(Receipt::new(format!("{} {said}", answer.code())))
        }
        Err(error) => Err(refusal(&error, &format!("hand mail for {address} to {smarthost}"))),
    }
}

/// Connects, greets, starts TLS and logs in, and sends nothing.
pub(super) async fn log_in(channel: &EmailChannel) -> Result<Receipt, Refusal> {
    let smarthost = format!("{}:{}", channel.smtp.host, channel.smtp.port);
    match transport(channel)?.test_connection().await {
        Ok(true) => Ok(Receipt::new(format!("{smarthost} accepts the login"))),
        Ok(false) => Err(Refusal::later(format!("log in at {smarthost}: it does not answer NOOP"))),
        Err(error) => Err(refusal(&error, &format!("log in at {smarthost}"))),
    }
}

fn transport(channel: &EmailChannel) -> Result<AsyncSmtpTransport<Tokio1Executor>, Refusal> {
    let host = channel.smtp.host.as_str();
    let tls = match channel.smtp.tls {
        SmtpTls::Plain => Tls::None,
        SmtpTls::StartTls => Tls::Required(tls(channel)?),
        SmtpTls::Implicit => Tls::Wrapper(tls(channel)?),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .port(channel.smtp.port)
        .tls(tls)
        .timeout(Some(STEP));
    if let (Some(username), Some(password)) = (&channel.username, &channel.password) {
        let password =
            password.read().map_err(|error| Refusal::later(format!("log in at {host}: {error}")))?;
        builder = builder
            .credentials(Credentials::new(username.clone(), password))
            .authentication(vec![Mechanism::Plain, Mechanism::Login]);
    }
    Ok(builder.build())
}

fn tls(channel: &EmailChannel) -> Result<TlsParameters, Refusal> {
    let host = channel.smtp.host.as_str();
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(file) = &channel.ca_file {
        let wrong =
            |why: String| Refusal::later(format!("read the certificates in {}: {why}", file.display()));
        let pem = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| wrong(error.to_string()))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    builder.build().map_err(|error| Refusal::later(format!("prepare TLS for {host}: {error}")))
}

/// A refusal by this recipient is final; everything else may go by.
fn refusal(error: &lettre::transport::smtp::Error, doing: &str) -> Refusal {
    let mut seen = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !seen.contains(&inner_text) {
            seen = format!("{seen}: {inner_text}");
        }
        source = inner.source();
    }
    let seen = crate::text::clean(&seen);
    // 53x is about the login: an administrator can mend it.
    let login = error.status().is_some_and(|code| u16::from(code) / 10 == 53);
    let retry = if error.is_permanent() && !login { Retry::Never } else { Retry::Later(None) };
    Refusal { retry, text: format!("{doing}: {seen}") }
}

fn compose(
    channel: &EmailChannel,
    address: &str,
    notice: &Notice,
    context: &Context<'_>,
) -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
    let letter = Letter::new(notice, context);
    let host = context.host;
    let id = format!("<{}@{host}>", token(&notice.id));
    let first = format!("<{}.1@{host}>", token(&notice.incident));
    let from: Mailbox = channel.from.parse()?;
    let to: Mailbox = address.parse()?;
    let (importance, priority) = match notice.tier {
        Tier::Urgent => ("high", "1"),
        Tier::Important => ("normal", "3"),
        Tier::General => ("low", "5"),
    };
    let mut builder = Message::builder()
        .from(from)
        .to(to)
        .subject(&letter.subject)
        .date(context.now.into())
        .message_id(Some(id.clone()))
        .header(Raw::<AutoSubmitted>::new("auto-generated"))
        .header(Raw::<ListId>::new(&format!("golive <golive.{host}>")))
        .header(Raw::<Importance>::new(importance))
        .header(Raw::<Priority>::new(priority));
    if id != first {
        builder = builder.in_reply_to(first.clone()).references(first);
    }
    let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(letter.plain());
    let html = SinglePart::builder().header(ContentType::TEXT_HTML).body(html(&letter, notice.tier));
    Ok(builder.multipart(MultiPart::alternative().singlepart(text).singlepart(html))?)
}

/// What may stand in a message id.
fn token(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' }).collect()
}

fn html(letter: &Letter, tier: Tier) -> String {
    use minijinja::HtmlEscape;
    let escape = |text: &str| HtmlEscape(text).to_string();
    let color = match tier {
        Tier::Urgent => "#c62828",
        Tier::Important => "#b26a00",
        Tier::General => "#2e6da4",
    };
    let mut parts = String::new();
    for Part { heading, lines, .. } in &letter.parts {
        let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
        parts.push_str(&format!(
            "<tr><td style=\"padding:6px 12px 6px 0;opacity:.7;vertical-align:top;white-space:nowrap\">{}</td>\
             <td style=\"padding:6px 0;overflow-wrap:anywhere\">{}</td></tr>\n",
            escape(heading),
            lines.join("<br>")
        ));
    }
    let late = letter.late.as_ref().map(|late| format!("<p><b>{}</b></p>", escape(late))).unwrap_or_default();
    format!(
        "<!doctype html><html><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"></head>\n\
         <body style=\"font:16px/1.45 system-ui,sans-serif;margin:0;padding:16px\">\n\
         <p style=\"border-left:6px solid {color};padding:4px 0 4px 12px;margin:0 0 12px;font-size:18px\"><b>{}</b></p>\n\
         {late}<table style=\"border-collapse:collapse\">\n{parts}</table>\n</body></html>\n",
        escape(&letter.subject)
    )
}

/// A header without structure.
#[derive(Debug, Clone)]
struct Raw<N> {
    value: String,
    name: std::marker::PhantomData<N>,
}

/// The name of such a header.
trait Named {
    const NAME: &'static str;
}

macro_rules! named {
    ($($kind:ident = $name:literal),*) => { $(
        #[derive(Debug, Clone)]
        struct $kind;
        impl Named for $kind {
            const NAME: &'static str = $name;
        }
    )* };
}
named!(
    AutoSubmitted = "Auto-Submitted",
    ListId = "List-Id",
    Importance = "Importance",
    Priority = "X-Priority"
);

impl<N: Named> Raw<N> {
    fn new(value: &str) -> Self {
        Self { value: value.to_owned(), name: std::marker::PhantomData }
    }
}

impl<N: Named + Clone> Header for Raw<N> {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str(N::NAME)
    }

    fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self::new(value))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.value.clone())
    }
}
