//! Every key that a configuration folder may have.

use crate::model::Risk;

use super::shape::{Key, Kind, Naming, Shape};

const NAME: Kind = Kind::Text(128);
const DESCRIPTION: Kind = Kind::Text(1_000);
const DECLARED: Kind = Kind::Form("the name of something declared in this folder", "^[a-z][a-z0-9-]{0,63}$");
const DURATION: Kind = Kind::Form("a duration such as \"PT4H\"", "^P");
const PATTERN: Kind = Kind::Form("a text, with `*` for any run of characters", "^\\S");
const REGEX: Kind = Kind::Form("a regular expression", ".");
const APPROVER: Kind = Kind::Form(
    "an approver such as \"group:platform\"",
    "^((user|group|approvers|on-call):.+|manager|entitlement-owner|account-owner)$",
);
const NAMES: Kind = Kind::List(&NAME, 0);
const SOME_NAMES: Kind = Kind::List(&NAME, 1);
const SOME_APPROVERS: Kind = Kind::List(&APPROVER, 1);
const APPROVERS: Kind = Kind::List(&APPROVER, 0);

const fn may(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, required: false, doc }
}

const fn must(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, required: true, doc }
}

/// Any `.toml` file of the folder: all are read together, and each key may stand in any of them.
pub(super) static ROOT: Shape = Shape {
    title: "a configuration file",
    keys: &[
        may(
            "session_limit",
            DURATION,
            "Longest session duration of a permission set that may be granted; PT1H without this. Access that was \
             removed lives on in sessions for so long.",
        ),
        may(
            "time_zone",
            Kind::Form("an IANA time zone such as \"Europe/Berlin\"", "^[A-Za-z]"),
            "Time zone in which Cedar's `context.weekday` and `context.localTime` are told; UTC without this.",
        ),
        may(
            "facts_max_age",
            DURATION,
            "When the directory was last read longer ago than this, nothing is granted; PT1H without this.",
        ),
        may(
            "employment",
            Kind::List(&NAME, 1),
            "Every value that the directory has for `employment`. Other values in a Cedar policy are errors then.",
        ),
        may(
            "ticket_pattern",
            REGEX,
            "Regular expression that the whole text of a ticket must match, where a flow demands a ticket.",
        ),
        may(
            "publish_needs_second",
            Kind::Boolean,
            "A second administrator must approve what one publishes; false without this.",
        ),
        may("roles", Kind::Table(&ROLES), "Who may do what in Curfew itself."),
        may(
            "attributes",
            Kind::Map(Naming::Attribute, &Kind::Text(256)),
            "Further user attributes for Cedar: name in Cedar = attribute path in the identity store.",
        ),
        may("ownership", Kind::Table(&OWNERSHIP), "Permission sets and groups that are Curfew's alone."),
        may("emergency", Kind::Table(&EMERGENCY), "Reviews of emergency access."),
        may(
            "notices",
            Kind::Map(Naming::Name, &Kind::Table(&NOTICE)),
            "Where notices go besides the people concerned.",
        ),
        may("reminders", Kind::Table(&REMINDERS), "Which reminders people get."),
        may(
            "catalog",
            Kind::Map(Naming::Name, &Kind::Table(&CATALOG)),
            "Sets of entitlements with those who may see and request them.",
        ),
        may("default", Kind::Table(&DEFAULT), "Settings of every entitlement that no [[access]] sets otherwise."),
        may(
            "access",
            Kind::List(&Kind::Table(&ACCESS), 0),
            "Settings of some entitlements; the most specific one wins, setting by setting.",
        ),
        may(
            "flow",
            Kind::Map(Naming::Name, &Kind::Table(&FLOW)),
            "Named lists of approval steps; each is an action in Cedar.",
        ),
        may(
            "policy",
            Kind::Map(Naming::Name, &Kind::Table(&POLICY)),
            "Ordered lists of flows; the first that Cedar allows decides.",
        ),
        may("approvers", Kind::Map(Naming::Name, &Kind::Table(&APPROVER_GROUP)), "Named lists of approvers."),
        may("on-call", Kind::Map(Naming::Name, &Kind::Table(&ROTATION)), "Rotations: who is on call, and when."),
    ],
};

static ROLES: Shape = Shape {
    title: "[roles]",
    keys: &[
        must(
            "administrators",
            Kind::Table(&PEOPLE),
            "Who publishes configurations and may end any access. At least one.",
        ),
        may("auditors", Kind::Table(&PEOPLE), "Who reads everything and changes nothing."),
    ],
};

static PEOPLE: Shape = Shape {
    title: "a set of people",
    keys: &[may("users", NAMES, "User names, or user ids."), may("groups", NAMES, "Display names of groups.")],
};

static VIEWERS: Shape = Shape {
    title: "visible_to",
    keys: &[
        may("everybody", Kind::Boolean, "Everybody in the directory who is not disabled."),
        may("users", NAMES, "User names, or user ids."),
        may("groups", NAMES, "Display names of groups."),
    ],
};

static OWNERSHIP: Shape = Shape {
    title: "[ownership]",
    keys: &[
        may("permission_sets", SOME_NAMES, "Names or ARNs of permission sets that nobody but Curfew assigns."),
        may(
            "groups",
            SOME_NAMES,
            "Display names of groups whose members nobody but Curfew adds and removes: those of the strategy \
             { group = \"...\" }.",
        ),
        may(
            "mode",
            Kind::Word(&["report", "exclusive"]),
            "What is done about assignments that Curfew did not make: report them, or remove those of users too. \
             `report` without this.",
        ),
    ],
};

static EMERGENCY: Shape = Shape {
    title: "[emergency]",
    keys: &[
        may(
            "review_within",
            DURATION,
            "How soon after its end an emergency access must be reviewed, such as P2D; two days without this.",
        ),
        must("reviewers", SOME_APPROVERS, "Who reviews it."),
    ],
};

static NOTICE: Shape = Shape {
    title: "a notice",
    keys: &[
        may(
            "on",
            Kind::List(
                &Kind::Word(&[
                    "emergency",
                    "submitted",
                    "awaiting_approval",
                    "approved",
                    "scheduled",
                    "provisioning",
                    "active",
                    "ending",
                    "ended",
                    "denied",
                    "cancelled",
                    "lapsed",
                    "failed",
                    "received",
                    "decision_needed",
                    "reminded",
                    "settled",
                    "decided",
                    "ends_soon",
                    "not_removed",
                    "review_due",
                    "review_overdue",
                    "by_hand",
                ]),
                1,
            ),
            "Of which moves, by the stage that a request comes to, or which kinds of notices; all without this.",
        ),
        may(
            "to",
            Kind::Form("a target such as \"mail:security@example.com\"", "^mail:"),
            "`mail:<address>`. For other targets make a rule on the stack's event bus.",
        ),
        may("people", Kind::Table(&PEOPLE), "People who are told, each by mail as they have chosen."),
        may(
            "entitlements",
            Kind::List(&Kind::Table(&SELECTOR), 1),
            "Of requests for which entitlements; all without this.",
        ),
    ],
};

static REMINDERS: Shape = Shape {
    title: "[reminders]",
    keys: &[
        may("ends_soon", Kind::Boolean, "Tell requesters before their access ends; true without this."),
        may("decisions", Kind::Boolean, "Remind approvers when half of their time is over; true without this."),
    ],
};

static CATALOG: Shape = Shape {
    title: "a catalog",
    keys: &[
        must("description", DESCRIPTION, "What is in it, for people."),
        must("visible_to", Kind::Table(&VIEWERS), "Who may see and request what is in it."),
        must("entitlements", Kind::List(&Kind::Table(&SELECTOR), 1), "What is in it: whatever any of these selects."),
    ],
};

static SELECTOR: Shape = Shape {
    title: "a selection",
    keys: &[
        may(
            "unit",
            PATTERN,
            "Path of the OU that accounts are in: `/Workloads` itself, `/Workloads/*` one level below, \
             `/Workloads/**` itself and everything below.",
        ),
        may(
            "account",
            PATTERN,
            "Account id, or account name with `*`. An account can change its own name: prefer ids, OUs or tags where \
             it matters.",
        ),
        may("tags", Kind::Map(Naming::Tag, &PATTERN), "Tags that accounts must have, values with `*`."),
        may("permission_set", PATTERN, "Permission set name with `*`, or its ARN."),
    ],
};

const STRATEGY: Kind = Kind::Either(&[
    Kind::Word(&["connector"]),
    Kind::Table(&Shape {
        title: "strategy",
        keys: &[
            may("group", NAME, "Display name of a group that Curfew owns: access is given by temporary membership."),
            may("manual", SOME_APPROVERS, "People who give and take access by hand and confirm it."),
        ],
    }),
]);

const RISK: Kind = Kind::Word(&[Risk::Low.name(), Risk::Medium.name(), Risk::High.name(), Risk::Critical.name()]);
const POLICY_DOC: &str = "Name of the policy for requests.";
const LONGEST_DOC: &str = "Longest grant, such as PT4H.";
const STRATEGY_DOC: &str =
    "How access is given: \"connector\" assigns directly; or { group = \"...\" }, or { manual = [...] }.";
const RISK_DOC: &str = "How dangerous it is; Cedar sees it as `resource.risk`.";
const OWNER_DOC: &str = "Who owns the entitlements, for `entitlement-owner`.";
const ACCOUNT_OWNER_DOC: &str = "Who owns the accounts, for `account-owner`.";
const EMERGENCY_DOC: &str = "Name of the policy for emergency requests; without one there is no emergency access.";

static DEFAULT: Shape = Shape {
    title: "[default]",
    keys: &[
        must("policy", DECLARED, POLICY_DOC),
        must("max_duration", DURATION, LONGEST_DOC),
        may("strategy", STRATEGY, "How access is given; \"connector\", direct assignment, without this."),
        must("risk", RISK, RISK_DOC),
        may("emergency_policy", DECLARED, EMERGENCY_DOC),
        may("entitlement_owner", SOME_APPROVERS, OWNER_DOC),
        may("account_owner", SOME_APPROVERS, ACCOUNT_OWNER_DOC),
    ],
};

static ACCESS: Shape = Shape {
    title: "[[access]]",
    keys: &[
        must("on", Kind::Table(&SELECTOR), "Which entitlements."),
        may("policy", DECLARED, POLICY_DOC),
        may("max_duration", DURATION, LONGEST_DOC),
        may("strategy", STRATEGY, STRATEGY_DOC),
        may("risk", RISK, RISK_DOC),
        may("emergency_policy", DECLARED, EMERGENCY_DOC),
        may("emergency", Kind::Boolean, "`false` switches off the emergency access that would be inherited."),
        may("entitlement_owner", SOME_APPROVERS, OWNER_DOC),
        may("account_owner", SOME_APPROVERS, ACCOUNT_OWNER_DOC),
    ],
};

static FLOW: Shape = Shape {
    title: "a flow",
    keys: &[
        must("description", DESCRIPTION, "What it is for, for people."),
        may("ticket_required", Kind::Boolean, "A ticket is required; false without this."),
        may("justification_pattern", REGEX, "Regular expression that the whole justification must match."),
        may("step", Kind::List(&Kind::Table(&STEP), 0), "Approvals, in order; none means automatic approval."),
    ],
};

static STEP: Shape = Shape {
    title: "a step",
    keys: &[
        must("name", NAME, "Shown to people."),
        must("approvers", SOME_APPROVERS, "Who may decide: any of them."),
        may(
            "fallback",
            APPROVERS,
            "Who may decide where `approvers` turns out to be nobody or too few. Without this, such a request is \
             denied.",
        ),
        may("quorum", Kind::Number(1, 100), "How many must approve; 1 without this."),
        must("timeout", DURATION, "How long the step waits."),
        may(
            "on_timeout",
            Kind::Either(&[
                Kind::Word(&["lapse", "deny"]),
                Kind::Table(&Shape {
                    title: "on_timeout",
                    keys: &[
                        may("ask", SOME_APPROVERS, "Others who are asked then, with the same quorum."),
                        may(
                            "timeout",
                            DURATION,
                            "How long they are waited for; the request lapses if they do not answer either.",
                        ),
                        may("flow", DECLARED, "Flow that takes over, where Cedar allows it."),
                    ],
                }),
            ]),
            "What happens then: \"lapse\" (also without this), \"deny\", { ask = [...], timeout = \"PT1H\" } or { \
             flow = \"...\" }.",
        ),
        may("distinct", Kind::Boolean, "Who approved an earlier step does not count here; true without this."),
        may("comment_on_denial", Kind::Boolean, "A denial needs a comment; false without this."),
        may("self_approval", Kind::Boolean, "The requester counts too, if among the approvers; false without this."),
    ],
};

static POLICY: Shape = Shape {
    title: "a policy",
    keys: &[
        must("description", DESCRIPTION, "What it is for, for people."),
        must("flows", Kind::List(&DECLARED, 1), "Names of flows, weakest first; the first that Cedar allows decides."),
    ],
};

static APPROVER_GROUP: Shape =
    Shape { title: "an approver group", keys: &[must("members", SOME_APPROVERS, "Any of them may decide.")] };

static ROTATION: Shape = Shape {
    title: "a rotation",
    keys: &[must("shifts", Kind::List(&Kind::Table(&SHIFT), 0), "Who is on call, and when.")],
};

static SHIFT: Shape = Shape {
    title: "a shift",
    keys: &[
        must("users", SOME_NAMES, "User names, or user ids."),
        may("from", Kind::Instant, "From this instant; since ever without this."),
        may("until", Kind::Instant, "Before this instant; for ever without this."),
    ],
};
