//! A channel's own words: its templates, filled with what golive would say itself.
//!
//! What they give is somebody else's words, as whatever a service answered is: each format shows it as it is. Where a
//! template fails, golive's own words are told, and that it failed.

use minijinja::syntax::SyntaxConfig;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Template as Compiled, UndefinedBehavior, Value, context,
};

use super::Context;
use super::message::{Kind, Message, Part, SectionKind, people};
use crate::config::Template;
use crate::model::notice::Notice;
use crate::untrusted::{acts, clean, harmless};

mod bounds;
mod check;
mod samples;

pub use check::check_templates;

/// So many steps; a loop without an end is stopped by it.
const FUEL: u64 = 100_000;

/// So much is taken of what one gives.
const MOST: usize = 16 << 10;

/// Why a template gave no words.
#[derive(Debug)]
struct Failure {
    /// Counted from one; none where it is about all of it.
    line: Option<usize>,
    why: String,
}

/// A message as the channel's templates have it, else in golive's own words.
pub(super) fn message(notice: &Notice, context: &Context<'_>) -> Message {
    word(Message::own(notice, context), notice, context)
}

/// A message in the words of the channel's templates, if it has any.
fn word(mut message: Message, notice: &Notice, context: &Context<'_>) -> Message {
    let Some(templates) = context.templates.filter(|templates| templates.iter().next().is_some()) else {
        return message;
    };
    let values = values(&message, notice, context);
    let give = |template: &Template| {
        fill(template, &values, UndefinedBehavior::Chainable).map_err(|failure| failure.of(template))
    };
    let subject = templates.subject.as_ref().map(give).transpose();
    let body = templates.body.as_ref().map(give).transpose();
    let part = |what: SectionKind, lines: Vec<String>| Part {
        what,
        heading: context.texts.label(what.label()),
        lines,
        kind: Kind::Foreign,
    };
    match subject.and_then(|subject| Ok((subject, body?))) {
        Ok((subject, body)) => {
            if let Some(subject) = subject {
                message.subject = clean(&subject);
                message.title.clone_from(&message.subject);
            }
            if let Some(body) = body {
                // No address in a template's words can be followed, the buttons can; other news in the message, and where
                // this stands in the record, is nothing that templates know.
                let stays = |part: &Part| matches!(part.what, SectionKind::Also | SectionKind::Record);
                message.parts.retain(|part| part.kind == Kind::Link || stays(part));
                message.parts.insert(0, part(SectionKind::Body, lines(&body)));
            }
        }
        Err(why) => {
            tracing::warn!("a template failed, and golive's own words are told: {why}");
            message.parts.push(part(SectionKind::Template, vec![context.texts.template_failed(&why)]));
        }
    }
    message
}

/// What templates can say (docs/configuration.md); what there is none of is empty.
fn values(message: &Message, notice: &Notice, context: &Context<'_>) -> Value {
    let texts = context.texts;
    let some = |text: &Option<String>| text.as_deref().map(clean).unwrap_or_default();
    let first = |what: SectionKind| {
        let part = message.parts.iter().find(|part| part.what == what);
        part.and_then(|part| part.lines.first()).cloned().unwrap_or_default()
    };
    let part = |part: &Part| context! { heading => &part.heading, lines => &part.lines };
    context! {
        tier => notice.tier.into_str(),
        event => notice.news.into_str(),
        service => &message.service,
        title => &message.title,
        subject => &message.subject,
        from => some(&notice.from),
        to => some(&notice.to),
        reason => notice.reason.as_ref().map(|reason| texts.reason(reason)).unwrap_or_default(),
        late => message.late.clone().unwrap_or_default(),
        when => texts.time(notice.at),
        host => clean(context.host),
        incident => clean(&notice.incident),
        release => some(&notice.release),
        parts => message.parts.iter().map(part).collect::<Vec<Value>>(),
        acknowledge => first(SectionKind::Acknowledge),
        link => first(SectionKind::AcknowledgeHere),
        runbook => first(SectionKind::Runbook),
        people => people(context),
    }
}

/// What a template gives.
fn fill(template: &Template, values: &Value, undefined: UndefinedBehavior) -> Result<String, Failure> {
    let environment = environment(undefined);
    let compiled = compile(template, &environment)?;
    let mut page = vec![0; MOST];
    let mut room = page.as_mut_slice();
    compiled.render_captured_to(values.clone(), &mut room)?;
    let left = room.len();
    page.truncate(MOST - left);
    let page = String::from_utf8_lossy(&page).into_owned();
    if page.chars().all(|character| character.is_whitespace() || acts(character)) {
        return Err(Failure { line: None, why: "gives nothing".to_owned() });
    }
    Ok(page)
}

/// Nothing is compiled that could overflow the stack in that.
fn compile<'a>(
    template: &'a Template,
    environment: &'a Environment<'_>,
) -> Result<Compiled<'a, 'a>, Failure> {
    bounds::check(&template.text).map_err(|(line, why)| Failure { line: Some(line), why })?;
    Ok(environment.template_from_named_str(&template.file, &template.text)?)
}

/// No includes, no macros. Each format escapes for itself.
fn environment(undefined: UndefinedBehavior) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(undefined);
    // Only delimiters of one's own could be refused.
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.unwrap_or_default());
    environment.set_fuel(Some(FUEL));
    environment
}

/// Its lines, without whatever does something where it is shown.
fn lines(text: &str) -> Vec<String> {
    let lines = text.trim_end().lines().map(|line| harmless(line).trim_end().to_owned());
    lines.skip_while(String::is_empty).collect()
}

impl Failure {
    fn of(self, template: &Template) -> String {
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        clean(&format!("{}{line}: {}", template.file, self.why))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let why = match (error.kind(), error.detail()) {
            (ErrorKind::OutOfFuel, _) => "takes too many steps; is there a loop without an end?".to_owned(),
            (ErrorKind::WriteFailure, _) => format!("gives more than {} KiB", MOST >> 10),
            (kind, Some(detail)) => format!("{kind}: {detail}"),
            (kind, None) => kind.to_string(),
        };
        Self { line: error.line(), why }
    }
}
