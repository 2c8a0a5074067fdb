// What a model file knows, as the document of a report.
#pragma once

#include "model.h"
#include "sluice/report/document.h"

namespace sluice::cli {

ReportDocument document_of(const StoredModel& model);

}  // namespace sluice::cli
