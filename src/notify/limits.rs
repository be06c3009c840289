//! How many messages each platform takes from golive, and whether it takes several notices in one.

use std::time::Duration;

use super::Notifier;
use crate::config::{Way, WebhookFormat};

/// So many messages to one address within so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// So many.
    pub messages: usize,
    /// Within so long.
    pub within: Duration,
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

const fn limit(messages: usize, within: Duration) -> Limit {
    Limit { messages, within }
}

/// One a second, with short bursts.
const SLACK: &[Limit] = &[limit(5, Duration::from_secs(5)), limit(60, MINUTE)];
const TEAMS: &[Limit] = &[limit(4, SECOND)];
/// One a second in a chat, 20 a minute in a group.
const TELEGRAM: &[Limit] = &[limit(3, Duration::from_secs(3)), limit(20, MINUTE)];
const FEISHU: &[Limit] = &[limit(5, SECOND), limit(100, MINUTE)];
/// One more, and nothing is taken for ten minutes.
const DINGTALK: &[Limit] = &[limit(20, MINUTE)];
const WECOM: &[Limit] = &[limit(20, MINUTE)];
const PAGERDUTY: &[Limit] = &[limit(120, MINUTE)];
/// 60 at once, then one every five seconds.
const NTFY: &[Limit] = &[limit(60, Duration::from_mins(5))];
/// Nobody reads more, and providers take a flood for spam.
const MAIL: &[Limit] = &[limit(30, MINUTE)];

impl Notifier {
    /// What the channel's platform takes; nothing where it is not known to mind, or says so itself when asked too often.
    pub fn limits(&self, channel: &str) -> &'static [Limit] {
        match self.way(channel) {
            Some(Way::Email(_)) => MAIL,
            Some(Way::Webhook(webhook)) => match &webhook.format {
                WebhookFormat::Slack => SLACK,
                WebhookFormat::Teams => TEAMS,
                WebhookFormat::Telegram { .. } => TELEGRAM,
                WebhookFormat::Feishu { .. } => FEISHU,
                WebhookFormat::Dingtalk { .. } => DINGTALK,
                WebhookFormat::Wecom => WECOM,
                WebhookFormat::Pagerduty { .. } => PAGERDUTY,
                WebhookFormat::Ntfy { .. } => NTFY,
                WebhookFormat::Standard { .. }
                | WebhookFormat::Discord
                | WebhookFormat::Mattermost
                | WebhookFormat::Alertmanager { .. } => &[],
            },
            None => &[],
        }
    }

    /// Whether notices of several incidents may be told in one message: people read a list, programs want each.
    pub fn mixes(&self, channel: &str) -> bool {
        match self.way(channel) {
            Some(Way::Email(_)) => true,
            Some(Way::Webhook(webhook)) => match &webhook.format {
                WebhookFormat::Slack
                | WebhookFormat::Teams
                | WebhookFormat::Discord
                | WebhookFormat::Mattermost
                | WebhookFormat::Telegram { .. }
                | WebhookFormat::Feishu { .. }
                | WebhookFormat::Dingtalk { .. }
                | WebhookFormat::Wecom
                | WebhookFormat::Ntfy { .. } => true,
                WebhookFormat::Standard { .. }
                | WebhookFormat::Pagerduty { .. }
                | WebhookFormat::Alertmanager { .. } => false,
            },
            None => false,
        }
    }
}
