"""Stand-ins for forges: WSGI applications over bare repositories, to run under any server of a test.

forge = GitHubStandIn()
forge.add_project("acme/models", tmp_path / "models.git")
forge.add_token("a-token", "ada")

The GitHub one is checked by gitreg's own tests against GitHub's API description; the smaller GitLab and Gitea ones are
written by hand from their documentation.
"""

from gitreg.testing._bare import Bare
from gitreg.testing._gitea import GiteaStandIn
from gitreg.testing._github import GitHubStandIn
from gitreg.testing._githubstate import Project
from gitreg.testing._gitlab import GitLabStandIn
from gitreg.testing._wsgi import Account, Application, Reply

__all__ = ["Account", "Application", "Bare", "GitHubStandIn", "GitLabStandIn", "GiteaStandIn", "Project", "Reply"]
