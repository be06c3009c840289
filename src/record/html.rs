//! A record as one HTML file: without a script, with all that it needs in it, and made to be printed on A4.

use std::fmt::Write as _;

use super::chart::Chart;
use super::sheet::{Item, Section, Sheet, escaped};

const STYLE: &str = include_str!("record.css");

/// The whole file.
pub(super) fn draw(sheet: &Sheet<'_>, charts: &[Chart]) -> String {
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <h1>{title}</h1>\n",
        sheet.texts.tag(),
        title = escaped(&sheet.title),
    );
    for section in &sheet.sections {
        put(&mut text, &format!("<section>\n<h2>{}</h2>\n", escaped(&section.heading)));
        items(&mut text, section);
        if section.charted {
            for chart in charts {
                put(&mut text, &chart.svg(sheet.texts));
            }
        }
        put(&mut text, "</section>\n");
    }
    text + "</body>\n</html>\n"
}

fn put(text: &mut String, more: &str) {
    write!(text, "{more}").expect("writing to a string cannot fail");
}

/// Rows that follow each other are one table.
fn items(text: &mut String, section: &Section) {
    let mut within = false;
    for item in &section.items {
        let row = matches!(item, Item::Row(..));
        if row != within {
            put(text, if row { "<table>\n" } else { "</table>\n" });
            within = row;
        }
        match item {
            Item::Row(name, value) => {
                let (name, value) = (escaped(name), escaped(value));
                put(text, &format!("<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>\n"));
            }
            Item::Words(words) => put(text, &format!("<p>{}</p>\n", escaped(words))),
            Item::Printed(lines) => {
                let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
                put(text, &format!("<pre>{}</pre>\n", lines.join("\n")));
            }
        }
    }
    if within {
        put(text, "</table>\n");
    }
}
