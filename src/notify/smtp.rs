//! Handing a mail to a smarthost: one conversation, each step of it with a deadline.
//!
//! lettre's own transport has none but for connecting, so its parts are put together here.

use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;

use super::{Refusal, Retry};
use crate::config::{EmailChannel, Login, LoginKind, Smtp, SmtpTls};

/// Saying good-bye: the mail has been taken by then.
const BYE: Duration = Duration::from_secs(2);

/// One conversation; `doing` says in words what for.
struct Talk<'a> {
    channel: &'a EmailChannel,
    smtp: &'a Smtp,
    doing: &'a str,
    /// Connecting, starting TLS and logging in end within this, each; handing the mail over within twice as much,
    /// because servers look for spam before they say yes.
    step: Duration,
}

/// Of the time that a smarthost is given, a step gets this part.
const STEPS: u32 = 3;

/// Hands a mail to the first smarthost that takes it, and says which that was and what it said.
///
/// Only a recipient or a mail that is refused for good ends the search: another smarthost would send it to the same
/// place.
pub(super) async fn hand_over(
    channel: &EmailChannel,
    envelope: &Envelope,
    mail: &[u8],
    doing: &str,
    patience: Duration,
) -> Result<String, Refusal> {
    let mut refusals: Vec<Refusal> = Vec::new();
    for smtp in &channel.smtp {
        let talk = Talk { channel, smtp, doing, step: patience / STEPS };
        match talk.send(envelope, mail).await {
            Ok(said) if refusals.is_empty() => return Ok(said),
            Ok(said) => return Ok(format!("{said} ({}, since others did not take it)", smtp.place())),
            Err(refusal) => refusals.push(refusal),
        }
        if refusals.last().is_some_and(|refusal| refusal.retry == Retry::Never) {
            break;
        }
    }
    let retry = refusals.last().map_or(Retry::Never, |refusal| refusal.retry);
    let texts: Vec<String> = refusals.into_iter().map(|refusal| refusal.text).collect();
    Err(Refusal { retry, text: texts.join("; ") })
}

/// Connects to every smarthost, starts TLS and logs in, and sends nothing.
pub(super) async fn log_in(channel: &EmailChannel, patience: Duration) -> Result<String, Refusal> {
    let mut reached = Vec::new();
    for smtp in &channel.smtp {
        let talk = Talk { channel, smtp, doing: "log in", step: patience / STEPS };
        let mut connection = talk.open().await?;
        talk.bye(&mut connection).await;
        reached.push(format!("{} accepts the login", smtp.place()));
    }
    Ok(reached.join(", "))
}

impl Talk<'_> {
    async fn send(&self, envelope: &Envelope, mail: &[u8]) -> Result<String, Refusal> {
        // Who is turned away at the door was not refused a mail: that can be mended, and others may let golive in.
        let at_the_door = |refusal| Refusal { retry: Retry::Later(None), ..refusal };
        let mut connection = self.open().await.map_err(at_the_door)?;
        let answer = self.within(self.step * 2, connection.send(envelope, mail)).await?;
        self.bye(&mut connection).await;
        let said = answer.message().collect::<Vec<_>>().join(" ");
        Ok(format!("{} {said}", answer.code()))
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, Refusal> {
        let Smtp { host, port, tls } = self.smtp;
        let hello = ClientId::default();
        let wrapped = if *tls == SmtpTls::Implicit { Some(self.tls()?) } else { None };
        let connecting = AsyncSmtpConnection::connect_tokio1(
            (host.as_str(), *port),
            Some(self.step),
            &hello,
            wrapped,
            None,
        );
        let mut connection = self.within(self.step, connecting).await?;
        if *tls == SmtpTls::StartTls {
            let parameters = self.tls()?;
            self.within(self.step, connection.starttls(parameters, &hello)).await?;
        }
        if let Some(login) = &self.channel.login {
            self.log_in(&mut connection, login).await?;
        }
        Ok(connection)
    }

    async fn log_in(
        &self,
        connection: &mut AsyncSmtpConnection,
        Login { username, secret, kind }: &Login,
    ) -> Result<Response, Refusal> {
        let secret = secret.read();
        let secret =
            secret.map_err(|error| Refusal::later(format!("log in at {}: {error}", self.smtp.host)))?;
        let credentials = Credentials::new(username.clone(), secret.trim().to_owned());
        let ways: &[Mechanism] = match kind {
            LoginKind::Password => &[Mechanism::Plain, Mechanism::Login],
            LoginKind::Token => &[Mechanism::Xoauth2],
        };
        self.within(self.step, connection.auth(ways, &credentials)).await
    }

    fn tls(&self) -> Result<TlsParameters, Refusal> {
        let host = self.smtp.host.as_str();
        let mut builder = TlsParameters::builder(host.to_owned());
        if let Some(file) = &self.channel.ca_file {
            let wrong =
                |why: String| Refusal::later(format!("read the certificates in {}: {why}", file.display()));
            let pem = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
            let certificate = Certificate::from_pem(&pem).map_err(|error| wrong(error.to_string()))?;
            builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
        }
        builder.build().map_err(|error| Refusal::later(format!("prepare TLS for {host}: {error}")))
    }

    /// One step, which ends in time.
    async fn within<T>(
        &self,
        patience: Duration,
        step: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Refusal> {
        match tokio::time::timeout(patience, step).await {
            Ok(result) => result.map_err(|error| self.refusal(&error)),
            Err(_) => {
                let (doing, place) = (self.doing, self.smtp.place());
                Err(Refusal::later(format!("{doing} at {place}: no answer within {patience:?}")))
            }
        }
    }

    async fn bye(&self, connection: &mut AsyncSmtpConnection) {
        // What was to be said has been said, so whatever becomes of this is all right.
        drop(tokio::time::timeout(BYE, connection.quit()).await);
    }

    /// A refusal by this recipient is final; everything else may go by.
    fn refusal(&self, error: &Error) -> Refusal {
        let mut seen = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(inner) = source {
            let inner_text = inner.to_string();
            if !seen.contains(&inner_text) {
                seen = format!("{seen}: {inner_text}");
            }
            source = inner.source();
        }
        let seen = crate::untrusted::clean(&seen);
        // 53x is about the login: an administrator can mend it.
        let login = error.status().is_some_and(|code| u16::from(code) / 10 == 53);
        let retry = if error.is_permanent() && !login { Retry::Never } else { Retry::Later(None) };
        Refusal { retry, text: format!("{} at {}: {seen}", self.doing, self.smtp.place()) }
    }
}

impl Smtp {
    fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}
