//! Handing a mail to a smarthost: one conversation, each step of it with a deadline.

use std::sync::Arc;
use std::time::Duration;

use lettre::address::Envelope;

use super::{Refusal, Retry};
use crate::config::{EmailChannel, Login, Smtp, SmtpTls};
use crate::outbound::tls as certificates;

mod conversation;
mod hello;
mod offer;

use conversation::{Conversation, Trouble};
use hello::Hello;
pub(super) use hello::own as own_name;

/// Saying good-bye: the mail has been taken by then.
const BYE: Duration = Duration::from_secs(2);

/// Whom golive hands mail to, as whom, and how long that may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Post<'a> {
    pub(super) channel: &'a EmailChannel,
    /// This host's full name, where it has one.
    pub(super) own_name: Option<&'a str>,
    pub(super) patience: Duration,
}

/// One conversation; `doing` says in words what for.
struct Talk<'a> {
    post: Post<'a>,
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
    post: Post<'_>,
    envelope: &Envelope,
    mail: &[u8],
    doing: &str,
) -> Result<String, Refusal> {
    let mut refusals: Vec<Refusal> = Vec::new();
    for smtp in &post.channel.smtp {
        let talk = Talk { post, smtp, doing, step: post.patience / STEPS };
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
pub(super) async fn log_in(post: Post<'_>) -> Result<String, Refusal> {
    let mut reached = Vec::new();
    for smtp in &post.channel.smtp {
        let talk = Talk { post, smtp, doing: "log in", step: post.patience / STEPS };
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
        Ok(crate::untrusted::clean(&answer.text()))
    }

    async fn open(&self) -> Result<Conversation, Refusal> {
        let Smtp { host, port, tls } = self.smtp;
        let channel = self.post.channel;
        let believed = || {
            let made = certificates::client(channel.ca_file.as_deref(), None);
            made.map(Arc::new).map_err(Refusal::later)
        };
        let hello = |local| Hello::new(channel.hello.as_deref(), self.post.own_name, local);
        let wrapped = if *tls == SmtpTls::Implicit { Some(believed()?) } else { None };
        let connecting = Conversation::connect((host.as_str(), *port), wrapped, hello);
        let mut talk = self.within(self.step, connecting).await?;
        if *tls == SmtpTls::StartTls {
            talk = self.within(self.step, talk.start_tls(host, believed()?)).await?;
        }
        if let Some(login) = &channel.login {
            self.log_in(&mut talk, login).await?;
        }
        Ok(talk)
    }

    async fn log_in(&self, talk: &mut Conversation, login: &Login) -> Result<(), Refusal> {
        let Login { username, secret, kind } = login;
        let secret = secret.read();
        let secret =
            secret.map_err(|error| Refusal::later(format!("log in at {}: {error}", self.smtp.host)))?;
        self.within(self.step, talk.log_in(username, secret.trim(), *kind)).await
    }

    /// One step, which ends in time.
    async fn within<T>(
        &self,
        patience: Duration,
        step: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Refusal> {
        match tokio::time::timeout(patience, step).await {
            Ok(result) => result.map_err(|trouble| self.refusal(&trouble)),
            Err(_) => {
                let (doing, place) = (self.doing, self.smtp.place());
                Err(Refusal::later(format!("{doing} at {place}: no answer within {patience:?}")))
            }
        }
    }

    async fn bye(&self, talk: &mut Conversation) {
        // What was to be said has been said, so whatever becomes of this is all right.
        drop(tokio::time::timeout(BYE, talk.quit()).await);
    }

    /// A refusal by this recipient is final; everything else may go by.
    fn refusal(&self, trouble: &Trouble) -> Refusal {
        let retry = match trouble {
            // 53x is about the login: an administrator can mend it.
            Trouble::Refused(reply) if reply.code / 100 == 5 && reply.code / 10 != 53 => Retry::Never,
            Trouble::Refused(_) | Trouble::Connection(_) | Trouble::Odd(_) => Retry::Later(None),
        };
        let seen = crate::untrusted::clean(&trouble.to_string());
        Refusal { retry, text: format!("{} at {}: {seen}", self.doing, self.smtp.place()) }
    }
}

impl Smtp {
    fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}
