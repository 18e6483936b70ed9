//! The manifest's own keys about what follows a launch, unread: their values may be expressions.
//!
//! In: a manifest. Out: [`FollowUpKeys`], and complaints about rules of faults. Never: evaluates.

use crate::diagnostic::{Code, Diagnostic};
use crate::format::{
    ActiveLimit, ActiveLimits, Breaker, FailFast, FaultRule, Field, Limits, Manifest, OnFinish, OutcomePolicy, Ramp,
    Wait,
};
use crate::manifest::{Document, NodeId, NodeKind, from_node};
use crate::outcome::FaultClass;
use crate::source::Place;
use crate::template;

/// The manifest's own keys about what follows a launch.
#[derive(Clone, Debug, Default)]
pub struct FollowUpKeys {
    /// `wait`.
    pub wait: Option<Field<Wait>>,
    /// `outcome`.
    pub outcome: Option<Field<OutcomePolicy>>,
    /// `breaker`.
    pub breaker: Option<Field<Breaker>>,
    /// `fail-fast`.
    pub fail_fast: Option<Field<FailFast>>,
    /// `ramp`.
    pub ramp: Option<Field<Ramp>>,
    /// `on-finish`.
    pub on_finish: Option<Field<OnFinish>>,
    /// `limits.active`, and where it stands.
    pub active: Option<(ActiveLimits, Place)>,
    /// `fault-classes`, in the order written.
    pub fault_rules: Vec<FaultRuleSpec>,
}

/// An author's own rule for why a robot job faulted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultRuleSpec {
    /// The class.
    pub class: FaultClass,
    /// The condition: `true`, `false`, or one expression.
    pub when: NodeId,
}

impl FollowUpKeys {
    /// The keys of `manifest`.
    pub(in crate::spec) fn of(document: &Document, manifest: &Manifest, complaints: &mut Vec<Diagnostic>) -> Self {
        let limits: Option<Limits> = manifest.limits.and_then(|field| field.read(document));
        let active_place = || Some(document.place(document.entry(manifest.limits?.node, "active")?.value));
        let rules = manifest.fault_classes.map_or(&[][..], |field| document.items(field.node));
        Self {
            wait: manifest.wait,
            outcome: manifest.outcome,
            breaker: manifest.breaker,
            fail_fast: manifest.fail_fast,
            ramp: manifest.ramp,
            on_finish: manifest.on_finish,
            active: limits.and_then(|limits| limits.active).map(ActiveLimit::limits).zip(active_place()),
            fault_rules: rules.iter().filter_map(|item| fault_rule(document, *item, complaints)).collect(),
        }
    }
}

/// One item of `fault-classes`; `None` if it is not in order.
fn fault_rule(document: &Document, item: NodeId, complaints: &mut Vec<Diagnostic>) -> Option<FaultRuleSpec> {
    // What has another form is the schema's to report.
    let rule: FaultRule = from_node(document, item).ok()?;
    let (class, when) = (rule.class?.read(document)?, rule.when?.node);
    if let NodeKind::Text(text) = document.kind(when)
        && template::has_expressions(document, when)
        && !template::is_one_expression(text)
    {
        complaints.push(
            Diagnostic::error(Code::WrongType, document.place(when), "`when` must be true or false")
                .help("write one expression and nothing around it: `${{ \"RDP handshake\" in fault.info }}`"),
        );
        return None;
    }
    Some(FaultRuleSpec { class, when })
}
