# The page's parts are embedded at build time: Chart.js (Debian's libjs-chart.js) and our own
# style and script.
target_link_libraries(sluice_report PRIVATE nlohmann_json::nlohmann_json)

find_file(SLUICE_CHART_JS chart.min.js
  PATHS /usr/share/javascript/chart.js /usr/share/nodejs/chart.js/dist)
if(NOT SLUICE_CHART_JS)
  message(FATAL_ERROR "Chart.js is missing: apt-get install libjs-chart.js, "
    "or give -DSLUICE_CHART_JS=/path/to/chart.min.js (version 3.9)")
endif()

function(sluice_embed name input)
  set(output ${PROJECT_BINARY_DIR}/generated/report/${name}.cpp)
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed.cmake)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DNAME=${name} -DOUTPUT=${output} -P ${script}
    DEPENDS ${input} ${script}
    COMMENT "Embedding ${name}" VERBATIM)
  target_sources(sluice_report PRIVATE ${output})
endfunction()

sluice_embed(chart_js ${SLUICE_CHART_JS})
sluice_embed(page_css ${PROJECT_SOURCE_DIR}/sluice/report/page/page.css)
sluice_embed(page_js ${PROJECT_SOURCE_DIR}/sluice/report/page/page.js)
