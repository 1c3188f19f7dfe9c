//! Mails as specifications: what they say, and that nothing that people write can do more than be read.

use curfew_domain::notice::NoticeKind;
use curfew_domain::request::{EndReason, Grant, Means, Stage, State};
use curfew_domain::text::{Comment, Justification, Ticket};
use curfew_domain::time::SignedDuration;
use curfew_engine::announce::{Because, Names};

use super::*;

#[path = "../../samples/mod.rs"]
mod samples;

use samples::{at, letter, request, user};

const URL: &str = "https://curfew.example.com";

#[test]
fn an_approver_reads_who_asks_for_what_and_why_and_gets_one_way_to_decide() {
    let mail = render(&letter(NoticeKind::DecisionNeeded, request("fix the build\nsoon"), Because::Approver), URL);
    assert_eq!(mail.subject, "Approve? Femi Adeyemi asks for Administrator in payments-production");
    let expected = "\
Femi Adeyemi asks for Administrator in payments-production. Your decision is needed.

One approval is enough; there is time until Mon 23 Nov 2026, 14:00 CET (13:00 UTC). Opening the link decides nothing.

Look and decide:
https://curfew.example.com/a/00112233445566778899aabbccddeeff

Who: Femi Adeyemi
Permission set: Administrator
Account: payments-production (111122223333)
Duration: 1 h 30 min
Ticket: INC-7

Femi Adeyemi wrote:
> fix the build
> soon

-- 
You get this because you may decide this request.
Choose what comes by mail: https://curfew.example.com/preferences
";
    assert_eq!(mail.text, expected);
    for part in [
        "<html lang=\"en\"",
        "name=\"color-scheme\" content=\"light dark\"",
        "href=\"https://curfew.example.com/a/00112233445566778899aabbccddeeff\"",
        "href=\"https://curfew.example.com/preferences\"",
        "<th scope=\"row\">Duration</th>",
        "You get this because you may decide this request.",
    ] {
        assert!(mail.html.contains(part), "{part}\n{}", mail.html);
    }
    // Nothing is fetched when it is opened, and nothing runs.
    for part in ["<img", "<script", "src=", "@import", "url("] {
        assert!(!mail.html.contains(part), "{part}");
    }
}

#[test]
fn every_kind_says_state_and_place_and_why_one_gets_it() {
    let mut active = request("fix");
    active.state = State::Active(Grant {
        started_at: at("2026-11-23T09:00:00Z"),
        expires_at: at("2026-11-23T10:30:00Z"),
        session: SignedDuration::from_hours(1),
        standing: false,
        means: Means::Assignment,
    });
    for kind in NoticeKind::ALL {
        let about = match kind {
            NoticeKind::Active | NoticeKind::EndsSoon => active.clone(),
            _ => request("fix"),
        };
        for because in
            [Because::Requester, Because::Approver, Because::Hand, Because::Reviewer, Because::InCharge, Because::Named]
        {
            let mail = render(&letter(kind, about.clone(), because), URL);
            assert!(mail.subject.contains("Administrator") && mail.subject.contains("payments-production"), "{kind:?}");
            assert!(mail.subject.chars().count() <= 150 && !mail.subject.contains(char::is_control), "{kind:?}");
            assert!(mail.text.contains("You get this because"), "{kind:?}");
            assert!(mail.text.contains("/preferences") && mail.html.contains("/preferences"), "{kind:?}");
            assert_eq!(mail.id, format!("019ab2c3-0000-7000-8000-000000000001/3/{}", kind.name()));
        }
    }
    let own = render(&letter(NoticeKind::EndsSoon, active, Because::Requester), URL);
    assert_eq!(own.subject, "Ends at 11:30 CET: Administrator in payments-production");
    assert!(own.text.contains("Sessions may work until: Mon 23 Nov 2026, 12:30 CET (11:30 UTC)"), "I17: {}", own.text);
}

#[test]
fn a_notice_of_each_kind_is_a_mail_with_one_thing_to_press() {
    for letter in samples::all() {
        let mail = render(&letter, URL);
        assert_eq!(mail.html.matches("class=\"go\"").count(), 1, "{:?}", letter.kind);
        assert_eq!(mail.html.matches("<h1>").count(), 1, "{:?}", letter.kind);
    }
}

#[test]
fn who_works_by_hand_reads_what_to_do_and_nobody_that_curfew_does_it() {
    let grant = Grant {
        started_at: at("2026-11-23T09:00:00Z"),
        expires_at: at("2026-11-23T10:30:00Z"),
        session: SignedDuration::from_hours(1),
        standing: false,
        means: Means::Hands(vec![user(2)]),
    };
    let mail = |kind, state: State| {
        let mut request = request("fix");
        request.state = state;
        render(&letter(kind, request, Because::Hand), URL)
    };
    let ending = State::Ending { grant: grant.clone(), reason: EndReason::Expired };
    let give = mail(NoticeKind::ByHand, State::Provisioning(grant));
    assert_eq!(give.subject, "Give by hand: Administrator in payments-production to Femi Adeyemi");
    assert!(give.text.contains("until Mon 23 Nov 2026, 11:30 CET (10:30 UTC)"), "{}", give.text);
    let take = mail(NoticeKind::ByHand, ending.clone());
    assert_eq!(take.subject, "Take away by hand: Administrator in payments-production of Femi Adeyemi");
    let late = mail(NoticeKind::NotRemoved, ending);
    assert!(late.text.contains("nobody has said that this was done") && !late.text.contains("keeps trying"));
}

/// What people have tried on others.
const HOSTILE: [&str; 14] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><a href=https://evil.example>Approve</a>",
    "'><svg/onload=alert(1)>",
    "</blockquote></main><h1>Approved</h1>",
    "</title><style>*{display:none}</style>",
    "javascript:alert(1)",
    "<!-- --><form action=https://evil.example><button>Approve</button></form>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "]]><![CDATA[<script>",
    "{{constructor.constructor('alert(1)')()}}",
    "<mjx-container><iframe srcdoc='<script>alert(1)</script>'>",
    "<base href=https://evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>",
];

/// What breaks out of a header, and what makes text look like something else.
const BREAKING: [&str; 6] = [
    "Femi\r\nBcc: everybody@example.com",
    "Femi\nSubject: Approved",
    "Femi\u{2028}Bcc: x",
    "Femi\u{202E}nimda",
    "Femi\u{0}\u{1b}[31m",
    "F\u{200B}emi\u{FEFF}\t\tA",
];

#[test]
fn whatever_people_write_is_only_read() {
    let text = |text: &str| Comment::parse(text).unwrap();
    for hostile in HOSTILE {
        let mut request = request(hostile);
        request.ask.ticket = Some(Ticket::parse(&hostile.chars().take(100).collect::<String>()).unwrap());
        request.state = State::Denied;
        request.decisions.push(curfew_domain::request::Decision {
            step: 0,
            approver: user(2),
            answer: curfew_domain::request::Answer::Deny,
            comment: Some(text(hostile)),
            at: at("2026-11-23T09:00:00Z"),
            digest: request.ask.digest(),
            narrowed: curfew_domain::request::Narrowing::NONE,
        });
        let mut letter = letter(NoticeKind::Decided, request, Because::Requester);
        letter.stage = Stage::Denied;
        let names = &mut letter.names;
        (names.requester, names.account) = (hostile.to_owned(), hostile.to_owned());
        (names.permission_set, names.actor) = (hostile.to_owned(), Some(hostile.to_owned()));
        let mail = render(&letter, URL);
        // Our own markup, with its own few elements, whatever was written.
        let elements = mail.html.matches('<').count();
        let harmless = {
            let mut plain = letter.clone();
            let words = "x".to_owned();
            plain.names = Names {
                requester: words.clone(),
                account: words.clone(),
                permission_set: words.clone(),
                actor: Some(words),
            };
            plain.request.ask.justification = Justification::parse("x").unwrap();
            plain.request.decisions[0].comment = Some(text("x"));
            render(&plain, URL)
        };
        assert_eq!(elements, harmless.html.matches('<').count(), "{hostile}");
        // An attribute ends where we end it.
        let quotes = |html: &str| html.matches('"').count();
        assert_eq!(quotes(&mail.html), quotes(&harmless.html), "{hostile}");
    }
}

#[test]
fn no_name_breaks_out_of_a_line() {
    for breaking in BREAKING {
        for kind in NoticeKind::ALL {
            let mut letter = letter(kind, request("fix"), Because::Approver);
            letter.names.requester = breaking.to_owned();
            letter.names.account = breaking.to_owned();
            letter.names.permission_set = breaking.to_owned();
            let mail = render(&letter, URL);
            assert!(!mail.subject.contains(|c: char| c.is_control() || "\u{2028}\u{202E}\u{200B}\u{FEFF}".contains(c)));
            let lines: Vec<&str> = mail.text.lines().collect();
            assert!(
                !lines.iter().any(|line| line.starts_with("Bcc:") || line.starts_with("Subject:")),
                "{}",
                mail.text
            );
            assert!(!mail.text.contains(['\u{0}', '\u{1b}', '\u{202E}', '\u{2028}']), "{kind:?}");
        }
    }
    let long = clean::line(&"ä".repeat(500), 60);
    assert_eq!((long.chars().count(), long.ends_with('…')), (60, true));
    assert_eq!(clean::paragraph("a\r\nb\n\n c\t d ", 100), "a\nb\n\nc d");
}
