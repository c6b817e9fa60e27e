"""Pictures as plotly figures, and how they become files."""

from luthier.report.pictures._write import check_picture as check_picture
from luthier.report.pictures._write import write_picture as write_picture
from luthier.report.pictures.batch_size import batch_size_figure as batch_size_figure
from luthier.report.pictures.lr_range import lr_range_figure as lr_range_figure
from luthier.report.pictures.noise_scale import noise_scale_figure as noise_scale_figure
from luthier.report.pictures.scaling import scaling_figure as scaling_figure
