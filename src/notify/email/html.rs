//! A letter as HTML that mail programs on phones and desks can show, in light and in dark.
//!
//! Mail programs know little CSS and some drop style sheets, so everything that matters stands inline; the style
//! sheet only turns the colors for the dark.

use minijinja::HtmlEscape;

use crate::model::notice::Notice;
use crate::notify::letter::{Kind, Letter, Part, What};
use crate::notify::tone::Tone;

const STYLE: &str = include_str!("letter.css");

/// Longer addresses are shown shortened on their button.
const BUTTON: usize = 40;

pub(super) fn draw(letter: &Letter, notice: &Notice, picture: &str) -> String {
    let tone = Tone::of(notice);
    let (ink, ground) = colors(tone);
    let mut body = String::new();
    for part in &letter.parts {
        body.push_str(&match part.what {
            What::Body => paragraph(part),
            What::Why => format!("{}{}", heading(part), paragraph(part)),
            What::Next => next(part, ink),
            What::Runbook | What::AcknowledgeHere if part.kind == Kind::Link => button(part, ink),
            What::Evidence | What::When | What::Story | What::Blame | What::Template => {
                section(part, "small")
            }
            What::Thread | What::Also => section(part, "text"),
            What::Call | What::Acknowledge | What::AcknowledgeHere | What::Runbook => section(part, "text"),
        });
        if matches!(part.what, What::Why | What::Body) {
            body.extend(letter.caption.as_deref().map(|caption| chart(caption, picture)));
        }
    }
    let late = letter.late.as_deref().map(|late| {
        format!(
            "<p class=\"late\" style=\"margin:0 0 12px;color:#9a6700;font-weight:600\">{}</p>",
            escape(late)
        )
    });
    format!(
        "<!doctype html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"supported-color-schemes\" content=\"light dark\">\
         <title>{title}</title>\n<style>{STYLE}</style></head>\n\
         <body class=\"page\" style=\"margin:0;padding:0;background:#f3f5f8;font:16px/1.5 -apple-system,system-ui,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;color:#1f2328\">\n\
         <div style=\"display:none;max-height:0;overflow:hidden\">{preview}</div>\n\
         <div class=\"card\" style=\"max-width:600px;margin:0 auto;background:#ffffff\">\n\
         <div style=\"background:{ink};height:6px;font-size:0;line-height:0\">&nbsp;</div>\n\
         <div class=\"head\" style=\"background:{ground};padding:20px 24px 18px\">\n\
         <p style=\"margin:0 0 8px;font-size:14px\"><span style=\"background:{ink};color:#ffffff;font-weight:700;padding:3px 10px;border-radius:4px\">{tier}</span>&ensp;<b class=\"ink\" style=\"font-size:16px\">{service}</b></p>\n\
         <p class=\"ink\" style=\"margin:0;font-size:22px;line-height:1.3;font-weight:700;overflow-wrap:anywhere\">{news}</p></div>\n\
         <div style=\"padding:18px 24px 24px\">\n{late}{body}</div></div></body></html>\n",
        language = letter.language,
        title = escape(&letter.subject),
        preview = escape(&preview(letter)),
        tier = escape(&letter.tier),
        service = escape(&letter.service),
        news = escape(&letter.news).replace("-&gt;", "→"),
        late = late.unwrap_or_default(),
    )
}

/// What is shown beside the subject in a list of mails.
fn preview(letter: &Letter) -> String {
    let of = |what| letter.parts.iter().find(|part| part.what == what).and_then(|part| part.lines.first());
    [of(What::Body), of(What::Why), of(What::Next)]
        .into_iter()
        .flatten()
        .cloned()
        .collect::<Vec<_>>()
        .join(" · ")
}

/// What is read first, or all there is.
fn paragraph(part: &Part) -> String {
    let lines: Vec<String> = part.lines.iter().map(|line| escape(line)).collect();
    format!(
        "<p style=\"margin:0 0 14px;font-size:17px;line-height:1.45;overflow-wrap:anywhere\">{}</p>\n",
        lines.join("<br>")
    )
}

/// What is to be done, set apart.
fn next(part: &Part, ink: &str) -> String {
    let lines: Vec<String> = part.lines.iter().map(|line| marked(line)).collect();
    format!(
        "<div class=\"next\" style=\"margin:0 0 16px;padding:10px 14px;background:#f6f8fa;border-left:4px solid {ink}\">\
         {}<p style=\"margin:0;overflow-wrap:anywhere\">{}</p></div>\n",
        heading(part),
        lines.join("<br>")
    )
}

fn button(part: &Part, ink: &str) -> String {
    let url = part.lines.join("");
    let short: String = url.trim_start_matches("https://").chars().take(BUTTON).collect();
    format!(
        "<p style=\"margin:0 0 16px\"><a href=\"{}\" style=\"display:inline-block;background:{ink};color:#ffffff;\
         text-decoration:none;font-weight:600;padding:10px 18px;border-radius:6px\">{}</a>\
         <span class=\"dim\" style=\"color:#59636e;font-size:13px;overflow-wrap:anywhere\">&ensp;{}</span></p>\n",
        escape(&url),
        escape(&part.heading),
        escape(&short)
    )
}

fn section(part: &Part, size: &str) -> String {
    let (size, code) = (if size == "small" { 14 } else { 16 }, part.kind == Kind::Code);
    let line = |line: &String| if code { command(line) } else { escape(line) };
    let lines: Vec<String> = part.lines.iter().map(line).collect();
    format!(
        "{}<p style=\"margin:0 0 14px;font-size:{size}px;overflow-wrap:anywhere\">{}</p>\n",
        heading(part),
        lines.join("<br>")
    )
}

fn heading(part: &Part) -> String {
    format!(
        "<p class=\"dim\" style=\"margin:0 0 2px;font-size:13px;font-weight:600;color:#59636e\">{}</p>",
        escape(&part.heading)
    )
}

fn chart(caption: &str, picture: &str) -> String {
    let caption = escape(caption);
    format!(
        "<p style=\"margin:0 0 4px\"><img src=\"cid:{picture}\" alt=\"{caption}\" width=\"552\" \
         style=\"display:block;width:100%;max-width:552px;height:auto;border:0;border-radius:6px\"></p>\
         <p class=\"dim\" style=\"margin:0 0 16px;font-size:13px;color:#59636e\">{caption}</p>\n"
    )
}

/// Commands within a sentence stand between backticks.
fn marked(line: &str) -> String {
    let pieces = line.split('`').enumerate();
    pieces.map(|(at, piece)| if at % 2 == 1 { command(piece) } else { escape(piece) }).collect()
}

fn command(text: &str) -> String {
    format!(
        "<code class=\"code\" style=\"font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:#eef1f4;\
         padding:2px 6px;border-radius:4px\">{}</code>",
        escape(text)
    )
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

fn escape(text: &str) -> String {
    HtmlEscape(text).to_string()
}
