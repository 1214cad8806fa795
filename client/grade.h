/*
 * Marks for what was measured.
 */

#ifndef _GRADE_H_INCLUDED_
#define _GRADE_H_INCLUDED_


typedef enum {
    CL_EXCELLENT = 0,
    CL_GOOD,
    CL_FAIR,
    CL_POOR                             /* the exit status is CL_VERDICT     */
} cl_grade_t;


/* "EXCELLENT", ... */
const char *cl_grade_name(cl_grade_t grade);

/* By three limits: below the first one is excellent; POOR from the last on. */
cl_grade_t cl_grade(double v, const double limits[3]);


#endif /* _GRADE_H_INCLUDED_ */
