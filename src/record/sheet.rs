//! A record as sections of rows, and how it is drawn as Markdown.

use std::fmt::Write as _;

use minijinja::context;

use crate::text::Texts;
use crate::untrusted::{clean, marked};

/// A record that is being written.
pub(super) struct Sheet<'a> {
    pub(super) title: String,
    pub(super) sections: Vec<Section>,
    pub(super) texts: &'a Texts,
}

/// A part of it, under a heading.
pub(super) struct Section {
    pub(super) heading: String,
    pub(super) items: Vec<Item>,
    /// The curves of what was measured belong to it.
    pub(super) charted: bool,
}

/// What a section has, in order. Texts are as somebody wrote them: whoever draws them makes them harmless.
pub(super) enum Item {
    /// A name and what it is.
    Row(String, String),
    /// A sentence.
    Words(String),
    /// What a program printed.
    Printed(Vec<String>),
}

impl<'a> Sheet<'a> {
    pub(super) fn new(title: String, texts: &'a Texts) -> Self {
        Self { title, sections: Vec::new(), texts }
    }

    /// A word or a sentence of the record's.
    pub(super) fn say(&self, name: &str) -> String {
        self.texts.phrase(&format!("record.{name}"), context! {})
    }

    pub(super) fn head(&mut self, name: &str) {
        let heading = self.say(name);
        self.sections.push(Section { heading, items: Vec::new(), charted: false });
    }

    pub(super) fn row(&mut self, name: &str, value: &str) {
        self.put(Item::Row(name.to_owned(), value.to_owned()));
    }

    pub(super) fn said(&mut self, name: &str, value: &str) {
        let name = self.say(name);
        self.row(&name, value);
    }

    /// The curves belong to the section at hand.
    pub(super) fn charted(&mut self) {
        if let Some(section) = self.sections.last_mut() {
            section.charted = true;
        }
    }

    pub(super) fn words(&mut self, text: String) {
        self.put(Item::Words(text));
    }

    pub(super) fn printed<'b>(&mut self, lines: impl Iterator<Item = &'b str>) {
        let lines: Vec<String> = lines.map(clean).collect();
        self.put(Item::Printed(lines));
    }

    fn put(&mut self, item: Item) {
        if let Some(section) = self.sections.last_mut() {
            section.items.push(item);
        }
    }

    /// As Markdown.
    pub(super) fn markdown(&self) -> String {
        let colon = self.say("colon");
        let mut text = format!("# {}\n", marked(&self.title));
        let mut line = |line: String| writeln!(text, "{line}").expect("writing to a string cannot fail");
        for Section { heading, items, .. } in &self.sections {
            line(format!("\n## {heading}\n"));
            let mut after_words = false;
            for item in items {
                match item {
                    Item::Row(name, value) => line(format!("- **{}**{colon}{}", marked(name), marked(value))),
                    Item::Words(words) => line(format!("\n{words}")),
                    Item::Printed(lines) => {
                        if after_words {
                            line(String::new());
                        }
                        // Indented, so that nothing that a program wrote can end a block or begin markup.
                        for printed in lines {
                            line(format!("    {printed}"));
                        }
                    }
                }
                after_words = matches!(item, Item::Words(_));
            }
        }
        text
    }
}

/// Somebody else's words within HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for character in clean(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
