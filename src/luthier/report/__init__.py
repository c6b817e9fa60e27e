"""What a study has shown, for people: an exported script."""

from luthier.report.export import export_script as export_script
