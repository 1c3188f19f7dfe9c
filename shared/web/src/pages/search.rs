//! What I may ask for.

use maud::{Markup, html};

use crate::field::{csrf, hidden};
use crate::forms::{self, BACK, CURSOR, FAVOURITE, QUERY};
use crate::shell::{self, Place};
use crate::views::{Frame, Offer, Prospect, SearchView};
use crate::{routes, show, time};

/// `GET /request`: search over what I may ask for.
pub fn search(frame: &Frame, view: &SearchView) -> String {
    let body = html! {
        (shell::heading("Request access",
            Some("Choose a permission set in an account. You see what will happen before you send."), &html! {}))
        form.search role="search" method="get" action=(routes::REQUEST) data-live="results" {
            label.unseen for="q" { "Search accounts and permission sets" }
            input #q type="search" name=(QUERY) value=(view.query) maxlength="200" autocomplete="off" spellcheck="false"
                placeholder="Account, permission set, catalog" data-focus;
            button type="submit" { "Search" }
        }
        @if [&view.shortcuts, &view.offers].into_iter().flatten().any(|offer| offer.favourite.is_some()) {
            form #star method="post" action=(routes::FAVOURITES) {
                (csrf(frame))
                (hidden(BACK, routes::local(&frame.path)))
            }
        }
        div #results {
            @if view.query.is_empty() && !view.shortcuts.is_empty() {
                section aria-labelledby="first" {
                    h2 #first { (first(view)) }
                    ul.rows { @for row in &view.shortcuts { (offer(frame, row)) } }
                }
            }
            section aria-labelledby="all" {
                h2 #all { (found(view)) }
                @if view.offers.is_empty() { (nothing(view)) }
                @else { ul.rows { @for row in &view.offers { (offer(frame, row)) } } }
                @if let Some(cursor) = &view.next {
                    (show::next(&routes::with_query(routes::REQUEST, &[(QUERY, &view.query), (CURSOR, cursor)]),
                        "More"))
                }
            }
        }
    };
    shell::page(frame, "Request access", Place::Request, &body)
}

/// What the shortcuts are: favourites stand before what was asked for lately.
fn first(view: &SearchView) -> &'static str {
    let kept = view.shortcuts.iter().filter(|offer| offer.favourite == Some(true)).count();
    match kept {
        0 => "Asked for lately",
        kept if kept == view.shortcuts.len() => "Favourites",
        _ => "Favourites and recent",
    }
}

fn found(view: &SearchView) -> Markup {
    html! {
        @match (view.total, view.query.is_empty()) {
            (Some(total), true) => { "All " (show::number(total)) " that you may request" },
            (Some(1), false) => { "1 matches" },
            (Some(total), false) => { (show::number(total)) " match" },
            (None, true) => { "All that you may request" },
            (None, false) => { "Matches" },
        }
    }
}

fn nothing(view: &SearchView) -> Markup {
    if view.query.is_empty() {
        return show::empty(
            "There is nothing that you may request",
            "No catalog is open to you. If you expected one, ask an administrator which group opens it.",
        );
    }
    html! {
        div.empty {
            p.title { "Nothing matches “" bdi { (view.query) } "”" }
            p {
                "Try a part of an account's name or number, or of a permission set's name. " a href=(routes::REQUEST) {
                    "Show all"
                }
            }
        }
    }
}

fn offer(frame: &Frame, offer: &Offer) -> Markup {
    let access = &offer.access;
    html! {
        li.row {
            div.what {
                a.title href=(routes::new_request(&access.account.id, &access.permission_set.id)) {
                    (show::access(access))
                }
                p.place { (show::place(access)) }
                @if let Prospect::Denied { reasons } = &offer.prospect {
                    @if let Some(reason) = reasons.first() { p.detail { (show::sentence(reason)) } }
                }
            }
            div.state {
                @if let Some(until) = offer.active_until {
                    span.badge.good { "Active until " (time::at(frame, until)) }
                } @else { (show::prospect(&offer.prospect)) }
                span.detail { "up to " (time::duration(offer.max_duration)) @if offer.emergency { ", emergency" } }
            }
            @if let Some(kept) = offer.favourite { (star(offer, kept)) }
        }
    }
}

/// One button; the form that it belongs to stands once on the page.
fn star(offer: &Offer, kept: bool) -> Markup {
    let access = &offer.access;
    let value = forms::favourite_value(!kept, &access.account.id, &access.permission_set.id);
    html! {
        div.star {
            button type="submit" form="star" name=(FAVOURITE) value=(value) aria-pressed=(kept) {
                svg viewBox="0 0 20 20" aria-hidden="true" {
                    path d="M10 2.6l2.3 4.7 5.1.7-3.7 3.6.9 5.1-4.6-2.4-4.6 2.4.9-5.1L2.6 8l5.1-.7z" {}
                }
                span.unseen { "Favourite: " (access.permission_set.name) " in " (access.account.name) }
            }
        }
    }
}
