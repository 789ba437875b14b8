# Tests with guests of QEMU. They are spread over four lanes, of which each runs one test at a time: more guests than that
# make each other late on two cores, and fewer leave the cores idle, as half of a guest's time is waiting.

set_property(GLOBAL PROPERTY colony_guest_lanes 0 0 0 0) # seconds of work in each

# colony_guests(TEST SECONDS MACHINES)
#   TEST goes into the lane with the least work so far; into as many as it runs machines at once. SECONDS is what it takes
#   about: declare the longest first. ctest starts the longest first too, also where it never ran them, and before all what
#   needs several lanes: they are free together at the beginning only.
function(colony_guests name seconds machines)
  get_property(lanes GLOBAL PROPERTY colony_guest_lanes)
  set(locks)
  while(machines GREATER 0)
    unset(least)
    foreach(lane 0 1 2 3)
      list(GET lanes ${lane} work)
      if(NOT guests_${lane} IN_LIST locks AND (NOT DEFINED least OR work LESS least_work))
        set(least ${lane})
        set(least_work ${work})
      endif()
    endforeach()
    list(APPEND locks guests_${least})
    math(EXPR least_work "${least_work} + ${seconds}")
    list(REMOVE_AT lanes ${least})
    list(INSERT lanes ${least} ${least_work})
    math(EXPR machines "${machines} - 1")
  endwhile()
  set_property(GLOBAL PROPERTY colony_guest_lanes ${lanes})
  list(LENGTH locks count)
  if(count GREATER 1)
    math(EXPR seconds "${seconds} * ${count}")
  endif()
  set_tests_properties(${name} PROPERTIES RESOURCE_LOCK "${locks}" COST ${seconds})
endfunction()
