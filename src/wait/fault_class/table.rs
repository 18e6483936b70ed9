//! The built-in rules: what the product's own texts say, in the order in which they are asked.
//!
//! In: the texts of a fault. Out: whether a rule knows it. Never: takes a workflow's text for one of the robot's: a rule of a
//! class after which nothing was done asks for more than a word. Source: public reports and the vendor's troubleshooting
//! pages, listed in `docs/waiting.md`.

use super::texts::FaultTexts;
use crate::outcome::FaultClass;

/// The version of the table: a changed rule may put a fault into another class.
pub const FAULT_TABLE_VERSION: u32 = 1;

/// A built-in rule.
#[derive(Clone, Copy, Debug)]
pub struct FaultTableRule {
    /// Its name in reports and documents.
    pub name: &'static str,
    /// The class of what it matches.
    pub class: FaultClass,
    /// What it looks for.
    pub looks_for: FaultSign,
    /// Whether it holds only where nothing shows that the text is a workflow's own.
    pub is_of_the_product: bool,
}

/// What a rule looks for. Phrases are in lower case.
#[derive(Clone, Copy, Debug)]
pub enum FaultSign {
    /// A text that opens with one of these, and with nothing before: no exception that carries it.
    OpensPlainly(&'static [&'static str]),
    /// A text that opens with one of these.
    Opens(&'static [&'static str]),
    /// A text that has one of these anywhere.
    Says(&'static [&'static str]),
    /// A code that is one of these.
    Code(&'static [&'static str]),
    /// `JobError.category` is this.
    Category(&'static str),
    /// `JobError.category` is any other that means something.
    OtherCategory,
    /// A text that names an exception, or shows a workflow's own marks.
    Exception,
}

impl FaultTableRule {
    pub(super) fn matches(&self, texts: &FaultTexts) -> bool {
        if self.is_of_the_product && texts.are_of_a_workflow() {
            return false;
        }
        match self.looks_for {
            FaultSign::OpensPlainly(phrases) => texts.open_plainly_with(phrases),
            FaultSign::Opens(phrases) => texts.open_with(phrases),
            FaultSign::Says(phrases) => texts.say(phrases),
            FaultSign::Code(codes) => texts.have_code(codes),
            FaultSign::Category(category) => texts.is_of_category(category),
            FaultSign::OtherCategory => texts.has_platform_category(),
            FaultSign::Exception => texts.name_an_exception() || texts.are_of_a_workflow(),
        }
    }
}

const fn rule(name: &'static str, class: FaultClass, looks_for: FaultSign) -> FaultTableRule {
    FaultTableRule { name, class, looks_for, is_of_the_product: false }
}

/// A rule of the product's own texts: a workflow that quotes one of them did begin.
const fn own(name: &'static str, class: FaultClass, looks_for: FaultSign) -> FaultTableRule {
    FaultTableRule { name, class, looks_for, is_of_the_product: true }
}

/// Every rule, in the order in which they are asked.
pub const TABLE: &[FaultTableRule] = &[
    // The work is done: whatever else is said, this must not be taken for a fault without work.
    rule(
        "result-not-handed-back",
        FaultClass::ResultLost,
        FaultSign::Says(&[
            "could not retrieve the result of the job execution",
            "message was too large to process",
            "output arguments are too large",
            "output arguments exceed",
            "size of the output arguments",
            "outputarguments exceeds",
        ]),
    ),
    rule(
        "business-exception",
        FaultClass::Business,
        FaultSign::Says(&["businessruleexception", "business rule exception", "businessexception:"]),
    ),
    rule("raised-by-the-workflow", FaultClass::Business, FaultSign::Category("user")),
    own(
        "units-or-quota-exceeded",
        FaultClass::Quota,
        FaultSign::Says(&[
            "robot units have been exceeded",
            "personal automation quota has been exceeded",
            "platform units have been exceeded",
        ]),
    ),
    own(
        "no-licence",
        FaultClass::Quota,
        FaultSign::Opens(&[
            "templatenolicense",
            "no license available",
            "no licenses available",
            "there are no available licenses",
            "there is no license available",
            "there are not enough licenses",
            "the robot is unlicensed",
            "robot unlicensed",
            "could not start executor. no license",
            "could not start executor. the robot is unlicensed",
        ]),
    ),
    own("licence-code", FaultClass::Quota, FaultSign::Code(&["templatenolicense", "nolicense", "licensenotavailable"])),
    own(
        "nothing-free",
        FaultClass::Capacity,
        FaultSign::Opens(&[
            "no host is available on the machine template",
            "a foreground process is already running",
            "another interactive job is running for this user",
            "another interactive job is using the machine's console",
            "could not start executor. another interactive job is using the machine's console",
            "could not start executor. a foreground process is already running",
            "user is running another job",
            "could not start executor. user is running another job",
            "no robot is available",
            "no robots are available",
            "there are no available robots",
            "you are already running",
        ]),
    ),
    own(
        "executor-not-started",
        FaultClass::Session,
        FaultSign::OpensPlainly(&["could not start executor", "executor start process failed"]),
    ),
    own(
        "no-session",
        FaultClass::Session,
        FaultSign::OpensPlainly(&[
            "logon failed for user",
            "rdp connection failed",
            "creating user session timed out",
            "the workstation is in use by another user",
            "could not obtain the user token from orchestrator",
        ]),
    ),
    own(
        "ran-too-long",
        FaultClass::TimeLimit,
        FaultSign::Says(&[
            "cancelled because it reached the time limit",
            "canceled because it reached the time limit",
            "reached the maximum execution time",
            "exceeded the maximum execution time",
            "exceeded the execution time limit",
            "exceeded its maximum running time",
        ]),
    ),
    rule(
        "service-went-away",
        FaultClass::Platform,
        FaultSign::Opens(&[
            "job faulted due to service shutdown",
            "faulted due to service shutdown",
            "the job was transitioned to a faulted state as a result of a cleanup action",
            "the robot was disconnected",
            "robot disconnected",
            "the robot became unresponsive",
            "the connection to the robot was lost",
        ]),
    ),
    // DBG_TERMINATE_PROCESS, STATUS_DLL_INIT_FAILED_LOGOFF, CONTROL_C_EXIT: ended from outside.
    rule(
        "ended-from-outside",
        FaultClass::Platform,
        FaultSign::Says(&[
            "unexpected exit code: 0x40010004",
            "unexpected exit code: 0xc000026b",
            "unexpected exit code: 0xc000013a",
        ]),
    ),
    // An unhandled .NET exception, an access violation.
    rule(
        "crashed-by-itself",
        FaultClass::Application,
        FaultSign::Says(&["unexpected exit code: 0xe0434352", "unexpected exit code: 0xc0000005"]),
    ),
    // Another code says that the process ended, and not why.
    rule("exit-code-alone", FaultClass::Unclassified, FaultSign::Says(&["stopped with an unexpected exit code"])),
    rule("exception", FaultClass::Application, FaultSign::Exception),
    rule("other-category", FaultClass::Platform, FaultSign::OtherCategory),
];
