//! Ways to reach people, as the configuration gives them.

use std::path::PathBuf;

use super::{Access, Language, Secret, Templates};

/// One channel to people.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Its own language; the configuration's when absent.
    pub language: Option<Language>,
    /// Its own words.
    pub templates: Templates,
    /// How it reaches them.
    pub way: Way,
}

/// One way to reach people.
#[derive(Debug, Clone, PartialEq)]
pub enum Way {
    /// By mail.
    Email(EmailChannel),
    /// By HTTP POST.
    Webhook(WebhookChannel),
}

/// A mail channel.
#[derive(Debug, Clone, PartialEq)]
pub struct EmailChannel {
    /// Recipients, each served by a transaction of its own.
    pub to: Vec<String>,
    /// The sender.
    pub from: String,
    /// The smarthosts, each asked when those before it do not take the mail.
    pub smtp: Vec<Smtp>,
    /// How golive logs in there, where they want it to.
    pub login: Option<Login>,
    /// Every mail of an incident has the subject of its first.
    pub one_subject: bool,
    /// What golive calls itself there, instead of the host's full name.
    pub hello: Option<String>,
    /// A PEM file of the authorities that the smarthost's certificate may come from, instead of the system's.
    pub ca_file: Option<PathBuf>,
}

/// How golive logs in at a smarthost.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// As whom.
    pub username: String,
    /// With what.
    pub secret: Secret,
    /// What that is.
    pub kind: LoginKind,
}

/// What is shown at a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginKind {
    /// A password, by PLAIN or LOGIN.
    Password,
    /// An access token of OAuth 2.0, by XOAUTH2. Somebody else renews it.
    Token,
}

/// Where mail is handed in, and how it is protected on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub tls: SmtpTls,
}

/// How mail is protected on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// `smtps://`: from the first byte.
    Implicit,
    /// `smtp://`: STARTTLS is required.
    StartTls,
    /// `smtp://` to a loopback address: none.
    Plain,
}

/// A webhook channel.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookChannel {
    /// How the body is written.
    pub format: WebhookFormat,
    /// Where it goes: in the open, or secret.
    pub url: Url,
    /// Urgent news of what is going on calls everybody in the chat.
    pub mention: bool,
    /// How it is reached.
    pub access: Access,
}

/// A URL, in the open or secret.
#[derive(Debug, Clone, PartialEq)]
pub enum Url {
    /// Written in the configuration.
    Open(String),
    /// Read from a file or credential.
    Secret(Secret),
}

/// How a webhook's body is written, with what that platform needs beside the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookFormat {
    /// golive's own JSON (contract §4).
    Standard {
        /// Signs by the Standard Webhooks scheme.
        secret: Option<Secret>,
    },
    /// Slack: an incoming webhook.
    Slack,
    /// Microsoft Teams: a workflow.
    Teams,
    /// Discord: a webhook.
    Discord,
    /// Mattermost: an incoming webhook.
    Mattermost,
    /// Telegram: a bot.
    Telegram {
        /// Which chat it writes into.
        chat: String,
        /// Which topic there.
        topic: Option<u32>,
        /// The bot's token.
        token: Secret,
    },
    /// Feishu or Lark: a custom bot.
    Feishu {
        /// Signs.
        secret: Option<Secret>,
    },
    /// `DingTalk`: a custom robot.
    Dingtalk {
        /// Signs.
        secret: Option<Secret>,
    },
    /// `WeCom`: a group robot.
    Wecom,
    /// `PagerDuty`: the Events API v2.
    Pagerduty {
        /// The integration's key.
        routing_key: Secret,
    },
    /// ntfy: a topic.
    Ntfy {
        /// The access token of a topic that is not open to all.
        token: Option<Secret>,
    },
    /// What Alertmanager sends to its webhook receivers.
    Alertmanager {
        /// A bearer token.
        token: Option<Secret>,
    },
}
