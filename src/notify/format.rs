//! A notice as each platform wants it, and what each platform's answer means.

use reqwest::Url;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::message::Message;
use super::tone::AlertState;
use super::{Context, Refusal};
use crate::config::{self, Secret, WebhookChannel, WebhookFormat};
use crate::model::notice::{Notice, Tier};

mod alertmanager;
mod answer;
mod card;
mod clip;
mod dingtalk;
mod discord;
mod feishu;
mod markup;
mod mattermost;
mod ntfy;
mod pagerduty;
mod plan;
mod slack;
mod standard;
mod teams;
mod telegram;
#[cfg(test)]
mod tests;
mod wecom;

pub(super) use answer::{Answer, Verdict};
use card::Card;
use clip::Unit;
pub(super) use discord::PICTURE;
pub(super) use plan::{Beside, Plan};

/// What is posted.
#[derive(Clone)]
pub(super) struct Post {
    pub(super) url: Url,
    /// Changes a message rather than making one.
    pub(super) patch: bool,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
    /// A PNG that goes along as a file.
    pub(super) picture: Option<Vec<u8>>,
    /// What an answer might repeat and nobody may read.
    pub(super) secrets: Vec<String>,
}

/// Writes a notice for a channel; reads the channel's secrets for it.
pub(super) fn write(
    channel: &WebhookChannel,
    message: &Message,
    notice: &Notice,
    context: &Context<'_>,
) -> Result<Plan, Refusal> {
    let mut card = Card::new(message.clone(), notice, context);
    card.calls = channel.mention && notice.tier == Tier::Urgent && card.standing() == AlertState::Open;
    let mut post = Post::to(url(channel)?);
    let (place, wall) = (place(&post.url), context.wall);
    let read = |secret: &Secret| {
        let text = secret.read().map_err(|error| Refusal::later(format!("write for {place}: {error}")))?;
        Ok(text.trim().to_owned())
    };
    let optional = |secret: &Option<Secret>| secret.as_ref().map(read).transpose();
    let mend = |why: &str| Refusal::later(format!("write for {place}: {why}"));
    match &channel.format {
        WebhookFormat::Standard { secret } => {
            post.body = standard::body(message, notice, context).to_string();
            post.sign(optional(secret)?.as_deref(), notice, wall.as_second(), mend)?;
        }
        WebhookFormat::Slack => post.json(&slack::body(&card)),
        WebhookFormat::Teams => post.json(&teams::body(&card)),
        WebhookFormat::Discord => return Ok(Plan::on_discord(post, &card, context)),
        WebhookFormat::Mattermost => post.json(&mattermost::body(&card)),
        WebhookFormat::Telegram { chat, topic, token } => {
            let plan = Plan::on_telegram(&post.url, &read(token)?, (chat.as_str(), *topic), &card, context);
            return plan.ok_or_else(|| mend("the token is not one of a Telegram bot"));
        }
        WebhookFormat::Feishu { secret } => {
            post.json(&feishu::body(&card, optional(secret)?.as_deref(), wall.as_second()));
        }
        WebhookFormat::Dingtalk { secret } => {
            let secret = optional(secret)?;
            post.url = dingtalk::address(post.url, secret.as_deref(), wall.as_millisecond());
            post.json(&dingtalk::body(&card));
        }
        WebhookFormat::Wecom => return Ok(Plan::on_wecom(post, &card, context)),
        WebhookFormat::Pagerduty { routing_key } => {
            let routing_key = read(routing_key)?;
            post.url = pagerduty::address(post.url, &card);
            post.json(&pagerduty::body(&card, &routing_key));
            post.secrets.push(routing_key);
        }
        WebhookFormat::Ntfy { token } => {
            let (url, topic) =
                ntfy::address(post.url.clone()).ok_or_else(|| mend("the address names no topic"))?;
            post.url = url;
            post.json(&ntfy::body(&card, &topic));
            post.authorize(optional(token)?);
        }
        WebhookFormat::Alertmanager { token } => {
            post.json(&alertmanager::body(&card));
            post.authorize(optional(token)?);
        }
    }
    Ok(Plan::of(post))
}

/// Where the message stands that an answer confirms, for whoever wants to change or answer it.
pub(super) fn message(format: &WebhookFormat, answer: &Answer) -> Option<String> {
    match format {
        WebhookFormat::Discord => Some(answer.json()?["id"].as_str()?.to_owned()),
        WebhookFormat::Telegram { chat, .. } => telegram::place(chat, answer),
        WebhookFormat::Standard { .. }
        | WebhookFormat::Slack
        | WebhookFormat::Teams
        | WebhookFormat::Mattermost
        | WebhookFormat::Feishu { .. }
        | WebhookFormat::Dingtalk { .. }
        | WebhookFormat::Wecom
        | WebhookFormat::Pagerduty { .. }
        | WebhookFormat::Ntfy { .. }
        | WebhookFormat::Alertmanager { .. } => None,
    }
}

/// Whether a platform takes pictures from golive.
pub(super) fn draws(format: &WebhookFormat) -> bool {
    match format {
        WebhookFormat::Discord | WebhookFormat::Wecom => true,
        WebhookFormat::Standard { .. }
        | WebhookFormat::Slack
        | WebhookFormat::Teams
        | WebhookFormat::Mattermost
        | WebhookFormat::Telegram { .. }
        | WebhookFormat::Feishu { .. }
        | WebhookFormat::Dingtalk { .. }
        | WebhookFormat::Pagerduty { .. }
        | WebhookFormat::Ntfy { .. }
        | WebhookFormat::Alertmanager { .. } => false,
    }
}

/// What an answer means.
pub(super) fn judge(format: &WebhookFormat, answer: &Answer) -> Verdict {
    match format {
        WebhookFormat::Standard { .. } => standard::judge(answer),
        WebhookFormat::Slack => slack::judge(answer),
        WebhookFormat::Teams => teams::judge(answer),
        WebhookFormat::Discord => discord::judge(answer),
        WebhookFormat::Mattermost => mattermost::judge(answer),
        WebhookFormat::Telegram { .. } => telegram::judge(answer),
        WebhookFormat::Feishu { .. } => feishu::judge(answer),
        WebhookFormat::Dingtalk { .. } => dingtalk::judge(answer),
        WebhookFormat::Wecom => wecom::judge(answer),
        WebhookFormat::Pagerduty { .. } => pagerduty::judge(answer),
        WebhookFormat::Ntfy { .. } => ntfy::judge(answer),
        WebhookFormat::Alertmanager { .. } => alertmanager::judge(answer),
    }
}

impl Post {
    fn to(url: Url) -> Self {
        let secrets = secrets(&url);
        Self { url, patch: false, headers: Vec::new(), body: String::new(), picture: None, secrets }
    }

    fn json(&mut self, body: &Value) {
        self.body = body.to_string();
    }

    fn authorize(&mut self, token: Option<String>) {
        if let Some(token) = token {
            self.headers.push(("authorization", format!("Bearer {token}")));
            self.secrets.push(token);
        }
    }

    fn sign(
        &mut self,
        secret: Option<&str>,
        notice: &Notice,
        seconds: i64,
        mend: impl Fn(&str) -> Refusal,
    ) -> Result<(), Refusal> {
        self.headers.push(("webhook-id", notice.id.clone()));
        self.headers.push(("webhook-timestamp", seconds.to_string()));
        if let Some(secret) = secret {
            let signature =
                standard::sign(secret, &notice.id, seconds, &self.body).map_err(|why| mend(&why))?;
            self.headers.push(("webhook-signature", signature));
        }
        Ok(())
    }

    /// Somebody's words without the secrets that were sent to them.
    pub(super) fn redact(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "[…]"))
    }
}

/// Every part of an address that may be what lets golive in.
fn secrets(url: &Url) -> Vec<String> {
    const LEAST: usize = 5;
    // `services`, `webhooks`: no secrets, and likely to be in an answer.
    const WORD_MOST: usize = 16;
    let path = url.path_segments().into_iter().flatten().map(str::to_owned);
    let query = url.query().unwrap_or_default().split(['&', '=']).map(str::to_owned);
    let decoded = url.query_pairs().map(|(_, value)| value.into_owned());
    let user = [url.username(), url.password().unwrap_or_default()].map(str::to_owned);
    let word = |part: &str| part.len() < WORD_MOST && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let parts = path.chain(query).chain(decoded).chain(user);
    let mut secrets: Vec<String> = parts.filter(|part| part.len() >= LEAST && !word(part)).collect();
    // The longest first, lest the rest of a longer one is left.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

/// Stands for an incident where its own name cannot.
pub(super) fn fingerprint(of: &[&str]) -> String {
    hex::encode(Sha256::digest(of.join("/")))
}

/// A channel's address, which may hold a token, so it is not quoted.
pub(super) fn url(channel: &WebhookChannel) -> Result<Url, Refusal> {
    read(&channel.url)
}

/// An address, read where it is.
pub(super) fn read(address: &config::Url) -> Result<Url, Refusal> {
    let text = match address {
        config::Url::Open(url) => url.clone(),
        config::Url::Secret(secret) => {
            secret.read().map_err(|error| Refusal::later(format!("read an address: {error}")))?
        }
    };
    Url::parse(text.trim()).map_err(|error| Refusal::later(format!("understand an address: {error}")))
}

/// The part of an address that is no secret.
pub(super) fn place(url: &Url) -> String {
    format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default())
}
