//! A message as HTML that mail programs on phones and desks can show, in light and in dark.
//!
//! Mail programs know little CSS and some drop style sheets, so everything that matters stands inline; the style
//! sheet only turns the colors for the dark. Whatever somebody wrote is shown as text: the template escapes it.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, HtmlEscape, UndefinedBehavior, Value, context};

use crate::model::notice::Notice;
use crate::notify::message::{Kind, Message, Part, SectionKind};
use crate::notify::tone::Tone;

const STYLE: &str = include_str!("message.css");

/// Longer addresses are shown shortened on their button.
const BUTTON: usize = 40;

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
    templates.set_syntax(syntax.expect("these are the usual marks"));
    templates.add_template("message", include_str!("message.html")).expect("the built-in template is tested");
    templates
});

pub(super) fn draw(message: &Message, notice: &Notice, picture: &str) -> String {
    let (ink, ground) = colors(Tone::of(notice));
    let values = context! {
        language => message.language,
        title => &message.subject,
        style => Value::from_safe_string(STYLE.to_owned()),
        preview => preview(message),
        ink,
        ground,
        tier => &message.tier,
        service => &message.service,
        news => message.news.replace("->", "→"),
        late => &message.late,
        caption => &message.caption,
        picture,
        parts => message.parts.iter().map(part).collect::<Vec<_>>(),
    };
    let drawn = TEMPLATES.get_template("message").and_then(|template| template.render(values));
    drawn.unwrap_or_else(|error| {
        tracing::error!(%error, "failed to draw a mail");
        format!("<!doctype html><pre>{}</pre>", HtmlEscape(&message.plain()))
    })
}

/// What is shown beside the subject in a list of mails.
fn preview(message: &Message) -> String {
    let of = |what| message.parts.iter().find(|part| part.what == what).and_then(|part| part.lines.first());
    [of(SectionKind::Body), of(SectionKind::Why), of(SectionKind::Next)]
        .into_iter()
        .flatten()
        .cloned()
        .collect::<Vec<_>>()
        .join(" · ")
}

/// What is read first, or all there is; what is to be done, set apart; a link; and all else.
fn part(part: &Part) -> Value {
    let shape = match part.what {
        SectionKind::Body | SectionKind::Why => "first",
        SectionKind::Next => "next",
        SectionKind::Runbook | SectionKind::AcknowledgeHere if part.kind == Kind::Link => "button",
        SectionKind::Runbook
        | SectionKind::AcknowledgeHere
        | SectionKind::Acknowledge
        | SectionKind::Call
        | SectionKind::Thread
        | SectionKind::Also
        | SectionKind::Record
        | SectionKind::Evidence
        | SectionKind::When
        | SectionKind::Story
        | SectionKind::Blame
        | SectionKind::Template => "section",
    };
    let small = matches!(
        part.what,
        SectionKind::Evidence
            | SectionKind::When
            | SectionKind::Story
            | SectionKind::Blame
            | SectionKind::Record
            | SectionKind::Template
    );
    let pieces = |line: &String| match (part.what, part.kind) {
        (SectionKind::Next, _) => marked(line),
        (SectionKind::Body | SectionKind::Why, _) => vec![piece(line, false)],
        (_, kind) => vec![piece(line, kind == Kind::Code)],
    };
    let url = part.lines.concat();
    context! {
        shape,
        headed => part.what == SectionKind::Why || shape == "section",
        charted => shape == "first",
        size => if small { 14 } else { 16 },
        heading => &part.heading,
        lines => part.lines.iter().map(pieces).collect::<Vec<_>>(),
        short => url.trim_start_matches("https://").chars().take(BUTTON).collect::<String>(),
        url,
    }
}

/// Commands within a sentence stand between backticks.
fn marked(line: &str) -> Vec<Value> {
    line.split('`').enumerate().map(|(at, text)| piece(text, at % 2 == 1)).collect()
}

fn piece(text: &str, code: bool) -> Value {
    context! { text, code }
}

/// Strong and pale.
fn colors(tone: Tone) -> (&'static str, &'static str) {
    match tone {
        Tone::Bad => ("#c62828", "#fdecea"),
        Tone::Warning => ("#b25e00", "#fff4e2"),
        Tone::Calm => ("#2e6da4", "#eaf3fb"),
        Tone::Good => ("#2e7d32", "#e9f5ea"),
    }
}
