//! Every page, as a browser reads it.

use std::collections::BTreeSet;

use curfew_web::views::Theme;
use curfew_web::{assets, forms, security_headers};
use html5ever::tendril::TendrilSink as _;
use markup5ever_rcdom::{Handle, NodeData, RcDom};

#[path = "../samples/mod.rs"]
mod samples;

use samples::{Sample, World};

/// Texts that broke pages before: OWASP's filter evasion cheat sheet, and what templates, attributes, comments and bidi
/// text are left by. None has a backtick pair, which is how names are marked in sentences.
const CORPUS: [&str; 14] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)' x='",
    "\" autofocus onfocus=alert(1) \"",
    "</textarea><svg/onload=alert(1)>",
    "</title><iframe src=javascript:alert(1)>",
    "--><b>x</b><!--",
    "javascript:alert(1)",
    "//evil.example/x",
    "&lt;img&gt;&#60;b&#62;&quot;",
    "]]><![CDATA[<b>",
    "{{7*7}}${7*7}<%= 7 %>",
    "\u{202e}gpj.exe\u{2066}",
    "a\u{0}b\u{8}c\u{feff}",
];

/// An element with its attributes.
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    /// Names of the elements around it, the outermost first.
    inside: Vec<String>,
    /// The text of what must say something, or nothing.
    text: String,
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

struct Page {
    name: &'static str,
    elements: Vec<Element>,
    /// What the parser had to put right.
    mistakes: Vec<String>,
    bytes: usize,
}

fn read(sample: &Sample) -> Page {
    let dom = html5ever::parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(sample.html.as_str());
    let mut elements = Vec::new();
    walk(&dom.document, &mut Vec::new(), &mut elements);
    let mistakes = dom.errors.borrow().iter().map(ToString::to_string).collect();
    Page { name: sample.name, elements, mistakes, bytes: sample.html.len() }
}

fn walk(node: &Handle, inside: &mut Vec<String>, into: &mut Vec<Element>) {
    let NodeData::Element { name, attrs, .. } = &node.data else {
        for child in node.children.borrow().iter() {
            walk(child, inside, into);
        }
        return;
    };
    let name = name.local.to_string();
    let attributes = attrs.borrow().iter().map(|a| (a.name.local.to_string(), a.value.to_string())).collect();
    let speaks = ["a", "button", "script", "summary"].contains(&name.as_str());
    let text = if speaks { text(node) } else { String::new() };
    into.push(Element { name: name.clone(), attributes, inside: inside.clone(), text });
    inside.push(name);
    for child in node.children.borrow().iter() {
        walk(child, inside, into);
    }
    inside.pop();
}

fn text(node: &Handle) -> String {
    match &node.data {
        NodeData::Text { contents } => contents.borrow().to_string(),
        _ => node.children.borrow().iter().map(text).collect::<Vec<_>>().concat(),
    }
}

fn pages(text: &dyn Fn(&str) -> String) -> Vec<Page> {
    samples::all(World { text, theme: Theme::System }).iter().map(read).collect()
}

fn honest() -> Vec<Page> {
    pages(&|text| text.to_owned())
}

/// Elements with the names of their attributes, in order.
fn structure(page: &Page) -> Vec<String> {
    let one = |element: &Element| {
        let names: Vec<&str> = element.attributes.iter().map(|(name, _)| name.as_str()).collect();
        format!("{} > {} [{}]", element.inside.join(" "), element.name, names.join(" "))
    };
    page.elements.iter().map(one).collect()
}

#[test]
fn no_text_in_any_place_of_any_page_becomes_markup_or_an_address() {
    // What is not a time leaves its field empty, with either text.
    let expected: Vec<Vec<String>> = pages(&|text| format!("harmless{text}")).iter().map(structure).collect();
    for hostile in CORPUS {
        for (page, harmless) in pages(&|text| format!("{hostile}{text}")).iter().zip(&expected) {
            assert_eq!(&structure(page), harmless, "{hostile:?} changes {}", page.name);
            for element in &page.elements {
                addresses_lead_to_our_own_pages_or_to_the_portal(page, element);
            }
        }
    }
}

fn addresses_lead_to_our_own_pages_or_to_the_portal(page: &Page, element: &Element) {
    for name in ["href", "src", "action", "formaction"] {
        let Some(value) = element.attribute(name) else { continue };
        let portal = value.starts_with("https://example.awsapps.com/start/#/console?") && element.name == "a";
        let ours = (value.starts_with('/') && !value.starts_with("//")) || value.starts_with('#');
        assert!(portal || ours, "{}: {name}={value}", page.name);
    }
}

#[test]
fn no_character_turns_a_page_round() {
    for sample in samples::all(World { text: &|text| format!("\u{202e}\u{2066}\u{0}{text}"), theme: Theme::System }) {
        assert!(!sample.html.contains(['\u{202e}', '\u{2066}', '\u{0}']), "{}", sample.name);
        assert!(sample.html.contains('\u{fffd}') || sample.name.starts_with("sign"), "{}", sample.name);
    }
}

#[test]
fn pages_are_written_as_the_standard_wants_them() {
    for page in honest() {
        assert!(page.mistakes.is_empty(), "{}: {:?}", page.name, page.mistakes);
        let ids: Vec<&str> = page.elements.iter().filter_map(|element| element.attribute("id")).collect();
        let distinct: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), distinct.len(), "{}: an id stands twice in {ids:?}", page.name);
        for element in &page.elements {
            for name in ["for", "aria-labelledby", "aria-describedby", "list"] {
                for id in element.attribute(name).into_iter().flat_map(str::split_whitespace) {
                    assert!(distinct.contains(id), "{}: {name}={id} points nowhere", page.name);
                }
            }
        }
        let heads = page.elements.iter().filter(|element| element.name == "h1").count();
        assert_eq!(heads, 1, "{} has one heading of the first rank", page.name);
    }
}

#[test]
fn nothing_is_inline() {
    for page in honest() {
        for element in &page.elements {
            let inline = element.attributes.iter().find(|(name, _)| name.starts_with("on") || name == "style");
            assert!(inline.is_none(), "{}: {inline:?}", page.name);
            assert_ne!(element.name, "style", "{}", page.name);
            if element.name == "script" {
                assert!(element.text.is_empty() && element.attribute("src").is_some(), "{}", page.name);
            }
            let loads = element.name == "script" || element.attribute("rel") == Some("stylesheet");
            assert!(
                !loads || element.attribute("integrity").is_some(),
                "{}: {} is not checked",
                page.name,
                element.name
            );
        }
    }
}

#[test]
fn every_form_that_changes_something_carries_the_token_of_the_session() {
    let mut seen = 0;
    for sample in samples::all(World { text: &str::to_owned, theme: Theme::System }) {
        let forms: Vec<&str> = sample.html.split("<form").skip(1).collect();
        let parsed = read(&sample);
        let methods = parsed.elements.iter().filter(|e| e.name == "form").map(|e| e.attribute("method"));
        for (form, method) in forms.iter().zip(methods) {
            let form = form.split("</form>").next().unwrap_or(form);
            let tokens = form.matches(&format!("name=\"{}\"", forms::CSRF)).count();
            let expected = match method {
                Some("post") => 1,
                Some("get") => 0,
                other => panic!("{}: a form with the method {other:?}", sample.name),
            };
            assert_eq!(tokens, expected, "{}: {form}", sample.name);
            seen += 1;
        }
    }
    assert!(seen > 150, "{seen} forms");
}

#[test]
fn every_control_has_a_label() {
    for page in honest() {
        let labelled: BTreeSet<&str> = page.elements.iter().filter_map(|element| element.attribute("for")).collect();
        for control in page.elements.iter().filter(|e| ["input", "textarea", "select"].contains(&e.name.as_str())) {
            let hidden = control.attribute("type") == Some("hidden");
            let id = control.attribute("id").unwrap_or_default();
            assert!(hidden || labelled.contains(id), "{}: {:?}", page.name, control.attributes);
        }
        for button in page.elements.iter().filter(|e| ["button", "summary", "a"].contains(&e.name.as_str())) {
            assert!(!button.text.trim().is_empty(), "{}: a {} says nothing", page.name, button.name);
        }
    }
}

#[test]
fn a_page_weighs_less_than_100_kb_with_all_that_it_loads() {
    let assets: usize = assets().all().iter().map(|asset| asset.body.len()).sum();
    for page in honest() {
        assert!(page.bytes + assets < 100_000, "{} weighs {} + {assets} bytes", page.name, page.bytes);
    }
    for full in samples::full(World { text: &str::to_owned, theme: Theme::System }) {
        assert!(full.html.len() + assets < 100_000, "{} weighs {} + {assets} bytes", full.name, full.html.len());
    }
}

#[test]
fn assets_are_found_under_their_hash_alone() {
    for asset in assets().all() {
        assert_eq!(assets().at(&asset.path).map(|found| found.path.as_str()), Some(asset.path.as_str()));
        assert!(asset.integrity.starts_with("sha384-") && asset.integrity.len() == 71);
    }
    assert!(assets().at("/assets/console.css").is_none());
}

#[test]
fn the_content_security_policy_has_no_exception() {
    let policy = security_headers().into_iter().find(|(name, _)| *name == "content-security-policy").unwrap().1;
    assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("data:"), "{policy}");
    for directive in policy.split("; ").filter(|directive| !directive.ends_with("'none'")) {
        assert!(directive.ends_with(" 'self'") && directive.split(' ').count() == 2, "{directive}");
    }
}
