"""Evidence packs: all that is known of what stands in a stage, as one file that others check with their own tools."""

from gitreg.packs.archive import Member, write
from gitreg.packs.making import members
from gitreg.packs.material import Bytes, Exported, Landed, Material, Signed, Standing
from gitreg.packs.signature import sign_folder

__all__ = ["Bytes", "Exported", "Landed", "Material", "Member", "Signed", "Standing", "members", "sign_folder", "write"]
