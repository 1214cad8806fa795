/*
 * Marks.  See grade.h.
 */

#include "grade.h"


const char *
cl_grade_name(cl_grade_t grade)
{
    static const char *const  names[] = {
        "EXCELLENT", "GOOD", "FAIR", "POOR"
    };

    return names[grade];
}


cl_grade_t
cl_grade(double v, const double limits[3])
{
    int  i;

    for (i = 0; i < 3 && v >= limits[i]; i++) { /* void */ }

    return (cl_grade_t) i;
}
