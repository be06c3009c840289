//! How a notice is told where that takes more than one message, or less.
//!
//! Where a message can be changed, an incident has one: the first says what is so now. News that is to be heard is a
//! message of its own all the same, since a change makes no sound.

use reqwest::Url;

use super::card::Card;
use super::{Post, discord, telegram, wecom};
use crate::model::notice::Tier;
use crate::notify::Context;

/// Either an edit alone, or a message and what belongs to it.
pub(in crate::notify) struct Plan {
    /// Quiet news of a matter that has a message already, which then shows it. Where that cannot be done, `post` is.
    pub(in crate::notify) edit: Option<Post>,
    /// The message.
    pub(in crate::notify) post: Post,
    /// What goes with the message once it is confirmed.
    pub(in crate::notify) besides: Vec<Beside>,
}

/// Something that goes with a message; where it fails, the message was told all the same.
pub(in crate::notify) enum Beside {
    /// The matter's first message, so that it does not go on saying what is no longer so.
    Edit(Post),
    /// A picture, or a call to everybody, where neither can be in the message.
    Extra(Post),
}

impl Plan {
    pub(super) fn of(post: Post) -> Self {
        Self { edit: None, post, besides: Vec::new() }
    }

    /// What is quiet anyway needs no message of its own.
    fn with_edit(post: Post, edit: Option<Post>, tier: Tier) -> Self {
        if tier == Tier::General {
            return Self { edit, ..Self::of(post) };
        }
        Self { besides: edit.into_iter().map(Beside::Edit).collect(), ..Self::of(post) }
    }

    pub(super) fn on_discord(mut post: Post, card: &Card<'_>, context: &Context<'_>) -> Self {
        post.picture.clone_from(&context.picture);
        let pictured = post.picture.is_some();
        let edit = context.thread.map(|id| {
            let url = discord::edited(&post.url, id);
            let mut edit = Post { url, patch: true, ..post.clone() };
            edit.json(&discord::change(card, pictured));
            edit
        });
        post.url = discord::address(post.url);
        post.json(&discord::body(card, pictured));
        Self::with_edit(post, edit, card.notice.tier)
    }

    /// `None` when the token is none.
    pub(super) fn on_telegram(
        url: &Url,
        token: &str,
        (chat, topic): (&str, Option<u32>),
        card: &Card<'_>,
        context: &Context<'_>,
    ) -> Option<Self> {
        let first = context.thread.and_then(|place| telegram::message(place, chat));
        let to = |method| {
            let mut post = Post::to(telegram::address(url.clone(), token, method)?);
            post.secrets.push(token.to_owned());
            Some(post)
        };
        let edit = first.and_then(|first| {
            let mut edit = to("editMessageText")?;
            edit.json(&telegram::change(card, chat, first));
            Some(edit)
        });
        let mut post = to("sendMessage")?;
        post.json(&telegram::body(card, chat, topic, first));
        Some(Self::with_edit(post, edit, card.notice.tier))
    }

    pub(super) fn on_wecom(mut post: Post, card: &Card<'_>, context: &Context<'_>) -> Self {
        let picture = context.picture.as_deref().map(wecom::picture);
        let extras = picture.into_iter().chain(card.calls.then(|| wecom::call(card)));
        let extra = |body| {
            let mut extra = post.clone();
            extra.json(&body);
            Beside::Extra(extra)
        };
        let besides = extras.map(extra).collect();
        post.json(&wecom::body(card));
        Self { besides, ..Self::of(post) }
    }
}
