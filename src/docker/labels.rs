//! The labels of containers and of the Swarm's objects, each by its name.

/// What labels of golive's begin with.
pub(crate) const OURS: &str = "golive.";

/// The service that a container holds the image of a release for.
pub(crate) const PIN_OF: &str = "golive.pin-of";
/// The release that it holds.
pub(crate) const RELEASE: &str = "golive.release";
/// The version that golive gave a successor, whose image is named by its id alone.
pub(crate) const VERSION: &str = "golive.version";
/// The rollback that made a container.
pub(crate) const ROLLBACK: &str = "golive.rollback";
/// The rollback that a container was made anew with, because it lives in the service's.
pub(crate) const DEPENDENT: &str = "golive.dependent-of";
/// The service for which it was tried whether a container can be made.
pub(crate) const REHEARSAL: &str = "golive.rehearsal-of";
/// The service that a container was made for.
pub(crate) const SERVICE: &str = "golive.service";
/// The container that a successor stands in for.
pub(crate) const REPLACES: &str = "golive.replaces";
/// The restart policy of the container that a successor stands in for, as JSON: what undoing gives back.
pub(crate) const RESTART: &str = "golive.replaces.restart-policy";

/// The name that people know a container's image by, which the engine may not know any more.
pub(crate) const IMAGE: &str = "golive.image";

/// What tells apart the files that were put into a container as it was made: in an inspect, and on a successor.
pub(crate) const PUT: &str = "golive.put";

/// A container that is not to be started: what it stands in for had done its work and ended.
pub(crate) const ENDED: &str = "golive.completed";

/// A bad container that undoing had to make anew: the rollback.
pub(crate) const UNDONE: &str = "golive.recreated-by-undo";

/// How a container holds an image.
pub(crate) const PIN: &str = "golive.pin";

/// The operator's word that a release cannot be taken back.
pub(crate) const IRREVERSIBLE: &str = "golive.irreversible";

/// That a service of a Swarm is updated in golive's way, and not in its own.
pub(crate) const WAY_BACK: &str = "golive.way-back";

/// Whose an object is that golive keeps in a Swarm.
pub(crate) const SET: &str = "golive.set";
/// What is known of a set.
pub(crate) const FACTS: &str = "golive.facts";
/// The node whose golive wrote that.
pub(crate) const WRITER: &str = "golive.writer";

/// The node that holds the lease.
pub(crate) const HOLDER: &str = "golive.holder";
/// Its host, as a person would name it.
pub(crate) const HOST: &str = "golive.host";
/// When the lease was renewed, by the clock there.
pub(crate) const TIME: &str = "golive.time";

/// What Compose writes on what it makes.
pub(crate) mod compose {
    /// What all of its labels begin with. They say how, when and from which files it came to make a container, and not what
    /// the container is; what it is made dependent on stands in them in random order.
    pub(crate) const PREFIX: &str = "com.docker.compose.";
    /// The label that names a container's project.
    pub(crate) const PROJECT: &str = "com.docker.compose.project";
    /// The label that names its service there.
    pub(crate) const SERVICE: &str = "com.docker.compose.service";
    /// The label that says which of the service's replicas it is.
    pub(crate) const NUMBER: &str = "com.docker.compose.container-number";
    /// The label with a hash of what Compose made a container from: without it, Compose itself looks past a container.
    pub(crate) const CONFIG_HASH: &str = "com.docker.compose.config-hash";
    /// The label that names the services that it needs, and what of them: `name:condition:whether to restart with it`.
    pub(crate) const DEPENDS_ON: &str = "com.docker.compose.depends_on";
    /// The label that says whether `docker-compose run` started it.
    pub(crate) const ONE_OFF: &str = "com.docker.compose.oneoff";
    /// The container that Compose makes one in the place of.
    pub(crate) const REPLACE: &str = "com.docker.compose.replace";
}

/// What a Swarm and `docker stack deploy` write on what they make.
pub(crate) mod swarm {
    /// What the labels of a stack begin with.
    pub(crate) const STACKS: &str = "com.docker.stack.";
    /// The service of a task, by name.
    pub(crate) const SERVICE_NAME: &str = "com.docker.swarm.service.name";
    /// The stack of a service or of a task, by name.
    pub(crate) const STACK: &str = "com.docker.stack.namespace";
    /// The image of a service as the stack's file names it.
    pub(crate) const STACK_IMAGE: &str = "com.docker.stack.image";
}
