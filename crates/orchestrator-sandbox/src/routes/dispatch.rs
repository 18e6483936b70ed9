//! An admitted request -> the function that answers it.

use super::endpoint::Endpoint;
use super::handlers::{folders, jobs, login, machines, queues, releases, robots, start_jobs, steer, stores, token};
use super::{Answer, Call, Live};
use crate::refusal::Refusal;

/// Answers `call`.
pub(super) fn dispatch(call: &Call<'_>, live: &mut Live) -> Result<Answer, Refusal> {
    let is_get = call.parts.method == "GET";
    let tenant = &mut live.tenant;
    match call.target.endpoint {
        Endpoint::Token => token::issue(call, live),
        Endpoint::UserKey => login::by_user_key(call, live),
        Endpoint::Authenticate => login::by_password(call, live),
        Endpoint::Status => Ok(Answer::empty(200)),
        Endpoint::Folders => folders::list(call, tenant),
        Endpoint::Folder(id) => folders::by_id(call, tenant, id),
        Endpoint::FolderByKey(key) => folders::by_key(call, tenant, key),
        Endpoint::FoldersOfUser => folders::of_current_user(call, tenant),
        Endpoint::FolderTree => Ok(folders::tree(tenant)),
        Endpoint::FolderPages => folders::pages(call, tenant),
        Endpoint::MachinesOfFolder(id) => machines::of_folder(call, tenant, id),
        Endpoint::Releases => releases::list(call, tenant),
        Endpoint::Release(id) => releases::by_id(call, tenant, id),
        Endpoint::PackageArguments => releases::arguments(call, tenant),
        Endpoint::Robots => robots::list(call, tenant),
        Endpoint::Robot(id) => robots::by_id(call, tenant, id),
        Endpoint::RobotsEverywhere => robots::everywhere(call, tenant),
        Endpoint::ConfiguredRobots => robots::configured(call, tenant),
        Endpoint::RobotsOfFolder(folder) => robots::of_folder(call, tenant, folder),
        Endpoint::RobotsOfMachine { folder, machine } => robots::of_machine(call, tenant, folder, machine),
        Endpoint::RobotsOfRelease => robots::of_release(call, tenant),
        Endpoint::Machines => machines::list(call, tenant),
        Endpoint::Machine(id) => machines::by_id(call, tenant, id),
        Endpoint::AssignedMachines(folder) => machines::assigned(call, tenant, folder),
        Endpoint::RuntimesOfFolder(folder) => machines::runtimes(call, tenant, folder),
        Endpoint::Sessions => machines::sessions(call, tenant),
        Endpoint::SessionsEverywhere => machines::sessions_everywhere(call, tenant),
        Endpoint::SessionRuntimes => machines::session_runtimes(call, tenant),
        Endpoint::SessionRuntimesOfFolder(folder) => machines::session_runtimes_of(call, tenant, folder),
        Endpoint::SessionsOfMachine(machine) => machines::sessions_of(call, tenant, machine),
        Endpoint::Jobs => jobs::list(call, live),
        Endpoint::Job(id) => jobs::by_id(call, live, id),
        Endpoint::JobByKey(key) => jobs::by_key(call, live, key),
        Endpoint::StartJobs => start_jobs::start(call, tenant),
        Endpoint::ValidateDynamicJob => steer::validate(call, tenant),
        Endpoint::ValidateExistingJob(id) => steer::validate_existing(call, tenant, id),
        Endpoint::StopJob(id) => steer::stop_one(call, tenant, id),
        Endpoint::StopJobs => steer::stop(call, tenant),
        Endpoint::RestartJob => steer::restart(call, tenant),
        Endpoint::ResumeJob => steer::resume(call, tenant),
        Endpoint::WaitEvents(id) => steer::wait_events(call, tenant, id),
        Endpoint::RobotLogs => steer::robot_logs(call, tenant),
        Endpoint::Attachments if is_get => stores::attachments(call, tenant),
        Endpoint::Attachments => stores::attach(call, live),
        Endpoint::Attachment(key) if is_get => stores::attachment(call, live, key),
        Endpoint::Attachment(key) => stores::delete(call, tenant, key),
        Endpoint::Buckets => stores::buckets(call, tenant),
        Endpoint::BucketsEverywhere => stores::buckets_everywhere(call, tenant),
        Endpoint::BucketReadUri(id) => stores::bucket_uri(call, live, id, "GET"),
        Endpoint::BucketWriteUri(id) => stores::bucket_uri(call, live, id, "PUT"),
        Endpoint::Blob(key) => stores::blob(call, live, key),
        Endpoint::AddQueueItem => queues::add(call, tenant),
        Endpoint::BulkAddQueueItems => queues::add_all(call, tenant),
        Endpoint::Record | Endpoint::RecordedJobs | Endpoint::RecordedQueueItems | Endpoint::ExpireTokens => {
            Err(Refusal::no_such_path())
        }
    }
}
