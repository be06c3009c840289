//! Microsoft Teams, by a workflow: an adaptive card. Delivery itself happens later and out of sight.

use serde_json::{Value, json};

use super::answer::{Answer, Verdict};
use super::card::Card;
use crate::notify::message::{Kind, Part};
use crate::notify::tone::Tone;

/// Of 28,672 bytes that Teams takes, golive's JSON is only a part, and what is too long is lost without a word.
const BODY_MAX: usize = 20_000;

pub(super) fn body(card: &Card<'_>) -> Value {
    card.fit(draw, |body| body.to_string().len() <= BODY_MAX)
}

fn draw(card: &Card<'_>) -> Value {
    let style = match card.tone() {
        Tone::Bad => "attention",
        Tone::Warning => "warning",
        Tone::Calm => "accent",
        Tone::Good => "good",
    };
    let title = json!({
        "type": "RichTextBlock",
        "inlines": [{ "type": "TextRun", "text": card.title, "weight": "Bolder", "size": "Medium" }],
    });
    let mut content = vec![json!({ "type": "Container", "style": style, "bleed": true, "items": [title] })];
    content.extend(card.parts.iter().filter(|part| part.kind != Kind::Link).flat_map(lines));
    let mut content = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": { "width": "Full" },
        "fallbackText": card.title,
        "body": content,
    });
    let action = |(title, url)| json!({ "type": "Action.OpenUrl", "title": title, "url": url });
    let actions: Vec<Value> = card.links().map(action).collect();
    if !actions.is_empty() {
        content["actions"] = json!(actions);
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": content,
        }],
    })
}

/// Runs of plain text: unlike text blocks, they know no Markdown.
fn lines(part: &Part) -> Vec<Value> {
    let font = if part.kind == Kind::Code { "Monospace" } else { "Default" };
    let run = |text: &str| json!({ "type": "TextRun", "text": text, "fontType": font });
    let heading = json!({ "type": "TextRun", "text": format!("{}: ", part.heading), "weight": "Bolder" });
    let block = |inlines: Vec<Value>, spacing| json!({ "type": "RichTextBlock", "inlines": inlines, "spacing": spacing });
    match part.lines.as_slice() {
        [line] => vec![block(vec![heading, run(line)], "Small")],
        many => {
            let many = many.iter().map(|line| block(vec![run(line)], "None"));
            std::iter::once(block(vec![heading], "Small")).chain(many).collect()
        }
    }
}

pub(super) fn judge(answer: &Answer) -> Verdict {
    // Relays and old connectors put the failure behind them into a good answer.
    let failed = answer.body.to_lowercase().contains("failed with error");
    if !answer.status.is_success() || !failed {
        return answer.by_status();
    }
    let passing = ["429", "500", "502", "503", "504"].iter().any(|code| answer.body.contains(code));
    if passing { Verdict::Later(answer.after) } else { Verdict::Refused }
}
